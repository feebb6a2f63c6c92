// The page: its parts in order, the theme, and where the reader is.

function themeSwitch() {
  const button = byID("theme");
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.style.colorScheme ? root.style.colorScheme === "dark" : dark.matches;
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
    dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    root.style.colorScheme = isDark() ? "light" : "dark";
    show();
  });
  dark.addEventListener("change", show);
  show();
}

// followSections marks the link of the section that is read.
function followSections() {
  const links = [...document.querySelectorAll(".bar nav a")];
  const seen = new Map();
  const observer = new IntersectionObserver((entries) => {
    for (const e of entries) seen.set(e.target.id, e.isIntersecting);
    const at = links.find((a) => seen.get(a.hash.slice(1)));
    for (const a of links) {
      if (a === at) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    }
    if (at) at.parentElement.scrollLeft = at.offsetLeft - at.parentElement.offsetLeft - 40;
  }, {rootMargin: "-25% 0px -70% 0px"});
  for (const a of links) observer.observe(byID(a.hash.slice(1)));
}

// land scrolls to an element and keeps it there while what lies above it is laid out:
// rows that were never near the screen have an estimated height only. The reader's
// own scrolling ends it.
let landing = 0;
function land(target) {
  const own = ++landing, began = performance.now();
  const margin = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const step = () => {
    if (own !== landing) return;
    const off = target.getBoundingClientRect().top - margin;
    const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
    if (Math.abs(off) > 1 && !(off > 0 && end)) target.scrollIntoView({block: "start", behavior: "instant"});
    if (performance.now() - began < 2000) requestAnimationFrame(step);
  };
  step();
}

// followLinks makes every link inside the page, and the address that the page was
// opened with, land where they should.
function followLinks() {
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(event, () => { landing++; }, {passive: true, capture: true});
  const targetOf = (hash) => hash.length > 1 ? byID(decodeURIComponent(hash.slice(1))) : null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#']");
    const target = link && !event.defaultPrevented && targetOf(link.hash);
    if (!target) return;
    event.preventDefault();
    if (location.hash !== link.hash) history.pushState(null, "", link.hash);
    land(target);
    if (link.classList.contains("skip")) target.focus({preventScroll: true});
  });
  const follow = () => {
    const target = targetOf(location.hash);
    if (target) land(target);
  };
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  return follow;
}

// openForPrint opens what is folded while the page is printed.
function openForPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of opened) d.open = false; });
}

for (const part of [themeSwitch, summary, gallery, gradeCard, map, orientationBlock, modelPage, provenance, followSections, openForPrint]) part();
document.body.classList.add("ready");
followLinks()();
soon(loadRest);
performance.mark("interactive");
