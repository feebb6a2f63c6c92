// What all figures share: elements, controls, pictures, and the state of the host.

// unseen are characters that are not seen or that turn the direction of the text: names
// are shown with escapes for them.
const unseen = /[{{unseen}}]/gu;
const shown = (text) => String(text).replace(unseen, (c) => {
  const code = c.codePointAt(0);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
});

// fill gives an element attributes, listeners (onclick) and children. All that comes from
// the data becomes a text node or an attribute, never HTML.
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

function h(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.map((c) => `ex-${c}`).join(" ");
  return fill(element, attributes, children);
}

function g(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (classes.length) element.setAttribute("class", classes.map((c) => `ex-${c}`).join(" "));
  return fill(element, attributes, children);
}

// Radio buttons of several figures in one document must not have one name.
const own = Math.random().toString(36).slice(2);
let controls = 0;

// choice makes radio buttons, or of many or long values a select. Values are [value, text];
// the function that it returns beside the element shows another value.
function choice(legend, values, value, changed, most = 12) {
  if (values.length > most) {
    const select = h("select", {onchange: () => changed(select.value)}, values.map(([v, text]) => h("option", {value: v}, text)));
    select.value = value;
    return [h("label.control", null, h("span", null, legend), select), (v) => { select.value = v; }];
  }
  const name = `ex-${own}-${controls++}`;
  const inputs = values.map(([v]) => h("input", {type: "radio", name, value: v, checked: String(v) === String(value), onchange: () => changed(v)}));
  return [h("fieldset.control", null, h("legend", null, legend), values.map(([, text], i) => h("label", null, inputs[i], text))),
    (v) => { for (const input of inputs) input.checked = input.value === String(v); }];
}

// slider makes a slider over positions from 0 to last; text says what a position is.
function slider(label, last, at, text, changed) {
  const output = h("output");
  const input = h("input", {type: "range", min: 0, max: last, step: 1, value: at, "aria-label": label, oninput: () => changed(Number(input.value))});
  const show = (position) => {
    input.value = position;
    output.textContent = text(position);
    input.setAttribute("aria-valuetext", text(position));
  };
  show(at);
  return [h("label.control", null, h("span", null, label), h("span.slide", null, input, output)), show];
}

// The host's model, where it has one: a notebook sees what is chosen, and may choose.
function stateOf(model, stops) {
  return (name, initial, valid, show) => {
    const given = model && model.get ? model.get(name) : undefined;
    const state = {value: valid(given) ? given : initial};
    const take = (value) => { state.value = value; show(value); };
    state.set = (value) => {
      if (value === state.value || !valid(value)) return;
      take(value);
      if (model && model.set) model.set(name, value);
      if (model && model.save_changes) model.save_changes();
    };
    if (model && model.on) {
      const hear = () => { const value = model.get(name); if (valid(value) && value !== state.value) take(value); };
      model.on(`change:${name}`, hear);
      stops.push(() => { if (model.off) model.off(`change:${name}`, hear); });
    }
    return state;
  };
}

const among = (values) => (value) => values.includes(value);
const upTo = (last) => (value) => Number.isInteger(value) && value >= 0 && value <= last;

// Pictures, on one scale of brightness or each on its own.
let made = new WeakMap();

function picture(index, alt) {
  if (!(index >= 0)) return h("span.picture.none", null, "no picture");
  const image = h("img.picture", {alt: shown(alt), src: data.pictures[index], draggable: "false"});
  made.set(image, index);
  return image;
}

// draw shows another picture in an image.
function draw(image, index, alt, own) {
  image.src = data.pictures[index];
  image.alt = shown(alt);
  made.set(image, index);
  brighten(image, own);
}

// brighten stretches a picture from its own darkest to its own brightest value:
// brightness(b) contrast(c) is b·c·x + (1 - c)/2.
function brighten(image, own) {
  const levels = data.levels[made.get(image)];
  if (!own || !levels || levels[1] <= levels[0]) { image.style.filter = ""; return; }
  const low = levels[0] / 255, high = levels[1] / 255;
  image.style.filter = `brightness(${1 / (high + low)}) contrast(${1 + 2 * low / (high - low)})`;
}

// brightness makes the control of a figure's pictures.
function brightness(root, state) {
  const note = h("p.note");
  let control, showControl;
  const show = (value) => {
    showControl(value);
    for (const image of root.querySelectorAll("img")) brighten(image, value === "own");
    note.textContent = value === "own" ? "Brightness: each picture from its own darkest to its own brightest pixel; pictures cannot be compared by brightness."
      : `Brightness: one scale for all pictures, black is ${number(data.low)} and white is ${number(data.high)} of ${number(data.full)}.`;
  };
  const at = state("brightness", "common", among(["common", "own"]), show);
  [control, showControl] = choice("Brightness", [["common", "One scale"], ["own", "Per image"]], at.value, (v) => at.set(v));
  return {control, note, own: () => at.value === "own", show: () => show(at.value)};
}

// Words.
const number = (x) => Math.abs(x) >= 1e-4 && Math.abs(x) < 1e7 || x === 0 ? Number(x.toPrecision(4)).toLocaleString("en-US", {maximumSignificantDigits: 4}) : x.toExponential(2);
const centerName = (center) => center.replaceAll("_", " ");
const metricName = (metric) => ({euclidean: "Euclidean", cosine: "cosine"})[metric] || metric;
const columnName = (column) => column.replace(/(^|\*)Metadata_/g, "$1");
const scopeName = (scope) => ({global: "whole collection", cluster: "clusters", label: "labels"})[scope] || `groups by ${columnName(scope)}`;
const groupName = (scope, id) => shown(scope === "global" ? "the whole collection" : `${columnName(scope)} ${id}`);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// render draws the figure for a host of anywidget, or for MyST; the function that it
// returns takes it away.
function render({model, el}) {
  const stops = [];
  const root = h("div.figure", {role: "group", "aria-label": data.title});
  el.append(h("style", null, css), root);
  figure(root, stateOf(model, stops));
  return () => {
    for (const stop of stops) stop();
    root.remove();
  };
}

export default {render};
