// Pictures: loaded when they come near the screen, and shown on one brightness
// scale for all or each on its own.

let ownContrast = false;

const nearScreen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) load(entry.target);
}, {rootMargin: "1200px 0px"});

const waiting = new Set();

// picture makes the image of a picture, or an empty place where there is none.
function picture(index, alt, options = {}) {
  if (index === undefined || index === null || index < 0) {
    return h("span.picture.none");
  }
  const image = h("img.picture", {alt, decoding: "async", draggable: "false"});
  image.pictureIndex = index;
  image.dataset.picture = index;
  image.addEventListener("load", () => image.classList.toggle("coarse", image.naturalWidth < 100));
  applyContrast(image);
  if (options.now) {
    load(image);
  } else {
    waiting.add(image);
    nearScreen.observe(image);
  }
  return image;
}

// swap shows another picture in an image.
function swap(image, index, alt) {
  nearScreen.unobserve(image);
  waiting.delete(image);
  image.pictureIndex = index;
  image.dataset.picture = index;
  image.alt = alt;
  image.src = report.pictures[index];
  applyContrast(image);
}

function load(image) {
  nearScreen.unobserve(image);
  waiting.delete(image);
  if (!image.getAttribute("src")) image.src = report.pictures[image.pictureIndex];
}

// loadRest loads what is not on the screen while the browser is idle, so that a
// printed page has every picture.
function loadRest() {
  const some = [...waiting].slice(0, 40);
  some.forEach(load);
  if (waiting.size) soon(loadRest);
}

const soon = (f) => (window.requestIdleCallback ? requestIdleCallback(f, {timeout: 2000}) : setTimeout(f, 100));

addEventListener("beforeprint", () => [...waiting].forEach(load));

// applyContrast stretches a picture from its own darkest to its own brightest
// gray, or leaves it on the common scale. brightness(b) contrast(c) is
// b·c·x + (1 - c)/2, which is (x - low)/(high - low) with these.
function applyContrast(image) {
  const levels = report.levels[image.pictureIndex];
  if (!ownContrast || !levels || levels[1] <= levels[0]) {
    image.style.filter = "";
    return;
  }
  const low = levels[0] / 255, high = levels[1] / 255;
  const contrast = 1 + 2 * low / (high - low);
  image.style.filter = `brightness(${1 / (high + low)}) contrast(${contrast})`;
}

function setContrast(own) {
  ownContrast = own;
  for (const image of document.querySelectorAll("img[data-picture]")) applyContrast(image);
  for (const note of document.querySelectorAll(".scale-note")) note.textContent = scaleText();
  for (const input of document.querySelectorAll("input[data-contrast]")) input.checked = (input.value === "own") === own;
  say(scaleText());
}

// scaleText says which brightness scale is on.
function scaleText() {
  if (!report.pictures.length) return "There are no pictures: the report was made without the images.";
  if (ownContrast) {
    return "Brightness: each picture from its own darkest to its own brightest pixel. Pictures cannot be compared by brightness.";
  }
  return `Brightness: one scale for all pictures. Black is ${figure(report.display_low, 5)}, white is ${figure(report.display_high, 5)}` +
    `${report.full ? ` of ${count(report.full)}` : ""}.`;
}

const scaleNote = () => h("p.scale-note", null, scaleText());

// contrastSwitch makes the choice between the two scales.
function contrastSwitch() {
  if (!report.levels.length) return null;
  return toggle("Brightness", [["common", "One scale"], ["own", "Per image"]], ownContrast ? "own" : "common", (v) => setContrast(v === "own"), {"data-contrast": true});
}

// thumb makes a picture with what it shows below.
function thumb(index, alt, ...lines) {
  return h("figure.thumb", null, picture(index, alt), h("figcaption", null, lines.map((line) => h("span", null, line))));
}

