// Legend of the map: the categories of a column, or its color scale.

function drawLegend(view) {
  const {legend, colors} = view;
  if (!colors) {
    legend.replaceChildren();
    return;
  }
  const {name, categories} = colors.column;
  const title = h("h3", null, capital(columnName(name)));
  legend.replaceChildren(title, ...(categories ? categoryLegend(view) : scaleLegend(colors.column)));
}

function categoryLegend(view) {
  const {categories} = view.colors.column;
  const entries = categories.map((category, i) => {
    const swatch = h("span.swatch");
    swatch.style.background = rgb(palette[i % palette.length]);
    const button = h("button.plain", {type: "button", "aria-pressed": "false", onclick: () => {
      view.highlight(i);
      for (const [k, e] of entries.entries()) e.firstChild.setAttribute("aria-pressed", String(view.highlighted === k));
    }}, swatch, h("bdi", null, category), h("span.figure", null, count(view.colors.sizes[i])));
    return h("li", null, button);
  });
  const repeated = categories.length > palette.length ? ` There are more than ${palette.length}, so colors repeat.` : "";
  const scope = view.colors.column.name === "cluster" || (report.parameters.scopes || []).includes(view.colors.column.name);
  return [h("p", null, `Numbers count points of this map${scope ? " that passed the quality gate; the others are gray" : ""}. Press one to see it alone.${repeated}`), h("ul", null, entries)];
}

function scaleLegend({low, high}) {
  const steps = Array.from({length: 24}, (_, i) => {
    const step = h("span");
    step.style.background = rgb(rampColor(i / 23));
    return step;
  });
  return [h("div.ramp", {"aria-hidden": "true"}, steps),
    h("div.ends", null, h("span", null, figure(low)), h("span", null, figure(high))),
    h("p", null, "From the 1st to the 99th percentile; what lies beyond has the color of the end.")];
}

