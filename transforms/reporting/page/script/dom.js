// Elements and text. Everything that comes from the report becomes a text node or
// an attribute value, never HTML.

const SVG = "http://www.w3.org/2000/svg";

// make fills an element. Properties that begin with "on" are listeners, false and
// null leave an attribute out; children are elements, strings, lists or null.
function make(element, properties, children) {
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

// h makes an HTML element: h("p.note", {id: "x"}, "text", element).
function h(spec, properties, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  return make(element, properties, children);
}

// g makes an SVG element in the same way.
function g(spec, properties, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElementNS(SVG, tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  return make(element, properties, children);
}

const byID = (id) => document.getElementById(id);
const bodyOf = (section) => document.querySelector(`#${section} > .body`);

// missing is the one sentence where a part of the report would be.
const missing = (text) => h("p.missing", null, text);

// say tells a screen reader what happened.
function say(text) {
  byID("said").textContent = text;
}

// scrolling holds something wide, such as a table, and can be reached by keyboard.
function scrolling(label, ...children) {
  return h("div.scrolling", {tabindex: 0, role: "region", "aria-label": label}, children);
}

// table makes a table of texts or elements; numeric says which columns hold figures.
function table(caption, head, rows, numeric = []) {
  const cell = (tag, value, column) =>
    h(numeric.includes(column) ? `${tag}.figure` : tag, tag === "th" ? {scope: "col"} : null, value);
  return scrolling(caption, h("table", null,
    h("caption", null, h("span", null, caption)),
    h("thead", null, h("tr", null, head.map((name, i) => cell("th", name, i)))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((value, i) => cell("td", value, i)))))));
}

// pairs makes a list of names and values.
function pairs(list) {
  return h("dl.pairs", null, list.filter(Boolean).map(([name, value]) =>
    h("div", null, h("dt", null, name), h("dd", null, value))));
}

// choice makes a labeled select; options are [value, text].
function choice(label, options, value, changed) {
  const select = h("select", {onchange: () => changed(select.value)},
    options.map(([v, text]) => h("option", {value: v}, text)));
  select.value = value;
  return h("label.choice", null, h("span", null, label), select);
}

let switches = 0;

// toggle makes radio buttons; options are [value, text], more is attributes of the buttons.
function toggle(label, options, value, changed, more = {}) {
  const name = `switch-${switches++}`;
  return h("fieldset.switch", null, h("legend", null, label), options.map(([v, text]) => h("label", null,
    h("input", {type: "radio", name, value: v, checked: v === value, onchange: () => changed(v), ...more}), h("span", null, text))));
}

// slider makes a labeled slider over positions from 0 to last; text says what one is.
function slider(label, last, at, text, changed) {
  const said = h("output");
  const input = h("input", {type: "range", min: 0, max: last, step: 1, value: at, "aria-label": label});
  const show = () => {
    said.textContent = text(Number(input.value));
    input.setAttribute("aria-valuetext", said.textContent);
  };
  input.addEventListener("input", () => { show(); changed(Number(input.value)); });
  show();
  return h("label.slider", null, h("span", null, label), input, said);
}

// copier makes a button that copies a text; what names it for a screen reader.
function copier(text, what, label = "Copy") {
  const button = h("button.plain.copy", {type: "button", "aria-label": `Copy ${what}`, title: `Copy ${what}`}, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(text)) ? "Copied" : "Not allowed";
    say(button.textContent === "Copied" ? `Copied ${what}` : "The browser does not allow copying");
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

// copyText copies a text, also where a page from disk has no clipboard.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea.unseen", {"aria-hidden": "true"});
    area.value = text;
    const holder = document.querySelector("dialog[open]") || document.body;
    const focused = document.activeElement;
    holder.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused) focused.focus();
    return done;
  }
}

