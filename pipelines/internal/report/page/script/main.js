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

// openForPrint opens what is folded while the page is printed.
function openForPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of opened) d.open = false; });
}

for (const part of [themeSwitch, summary, gallery, gradeCard, map, modelPage, provenance, followSections, openForPrint]) part();
document.body.classList.add("ready");
soon(loadRest);
performance.mark("interactive");
