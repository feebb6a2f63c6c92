// Small plots in SVG. Each has a text that says what it shows.

// ticksOf returns about n round numbers between low and high.
function ticksOf(low, high, n = 5) {
  if (!(high > low)) return [low];
  const raw = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step + 0); // never -0
  return ticks;
}

// strip shows a figure of the picks beside those of the random draws: a dot for
// each draw where they are known, or the range from the lowest to the highest
// with their mean.
function strip(score, label) {
  const width = 240, height = 34, inset = 8, base = 19;
  const draws = score.draws || [];
  let low = Math.min(score.low, score.picks), high = Math.max(score.high, score.picks);
  if (!(high > low)) { low -= 0.5; high += 0.5; }
  const x = (v) => inset + (width - 2 * inset) * (v - low) / (high - low);
  const parts = [g("line.axis", {x1: 0, x2: width, y1: base + 9, y2: base + 9})];
  if (draws.length) {
    const stacked = new Map();
    for (const v of draws) {
      const place = Math.round(x(v) / 4);
      const level = stacked.get(place) || 0;
      stacked.set(place, level + 1);
      parts.push(g("circle.draw", {cx: x(v), cy: base + 5 - Math.min(level, 5) * 3.6, r: 2.1}));
    }
  } else {
    parts.push(g("line.range", {x1: x(score.low), x2: Math.max(x(score.high), x(score.low) + 1), y1: base, y2: base}),
      g("line.mean", {x1: x(score.random), x2: x(score.random), y1: base - 5, y2: base + 5}));
  }
  const at = x(score.picks);
  parts.push(g("path.mark", {d: `M${at} ${base - 9}l5.5 9l-5.5 9l-5.5 -9z`}));
  return g("svg.strip", {viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${label}: picks ${figure(score.picks)}, random draws ${range(score.low, score.high)}, mean ${figure(score.random)}`}, parts);
}

// plotWidth is the width of a plot that should have so many pixels and has as many
// as the window leaves, so that its text keeps its size.
const plotWidth = (wanted) => Math.max(280, Math.min(wanted, innerWidth - 40));

// axes draws the frame of a plot and returns it with its scales. x and y are
// {low, high, label, log, text}.
function axes(x, y, width, height) {
  const left = 62, right = 14, top = 10, bottom = 40;
  const scale = (axis, from, to) => {
    const f = axis.log ? Math.log10 : (v) => v;
    const low = f(axis.low), span = f(axis.high) - low || 1;
    return (v) => from + (to - from) * (f(v) - low) / span;
  };
  const sx = scale(x, left, width - right), sy = scale(y, height - bottom, top);
  const parts = [];
  for (const v of x.log ? decades(x) : ticksOf(x.low, x.high, Math.max(3, Math.floor(width / 90)))) {
    parts.push(g("line.tick", {x1: sx(v), x2: sx(v), y1: height - bottom, y2: height - bottom + 4}),
      g("text", {x: sx(v), y: height - bottom + 16, "text-anchor": "middle"}, tick(v)));
  }
  for (const v of y.log ? decades(y) : ticksOf(y.low, y.high, 4)) {
    parts.push(g("line.grid", {x1: left, x2: width - right, y1: sy(v), y2: sy(v)}),
      g("text", {x: left - 7, y: sy(v) + 3.5, "text-anchor": "end"}, tick(v)));
  }
  parts.push(g("line.axis", {x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}),
    g("text", {x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle"}, x.label),
    g("text", {transform: `translate(11 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle"}, y.label));
  return {sx, sy, parts, left, right: width - right, top, bottom: height - bottom};
}

// decades are the ticks of a logarithmic axis: powers of ten, with 2 and 5 where
// it is short.
function decades(axis) {
  const ticks = [];
  const few = axis.high / axis.low < 50;
  for (let e = Math.floor(Math.log10(axis.low)); e <= Math.log10(axis.high); e++) {
    for (const m of few ? [1, 2, 5] : [1]) {
      const v = m * 10 ** e;
      if (v >= axis.low * 0.999 && v <= axis.high * 1.001) ticks.push(v);
    }
  }
  return ticks;
}

// histogramPlot draws counts in bins of equal width. Marks are {at, label, kind}.
function histogramPlot(histogram, xLabel, description, marks = [], options = {}) {
  const width = plotWidth(options.width || 560), height = options.height || 190;
  const bins = histogram.counts.length;
  const top = Math.max(1, ...histogram.counts);
  let {low, high} = histogram;
  if (!(high > low)) high = low + 1;
  const frame = axes({low, high, label: xLabel},
    {low: options.log ? 0.8 : 0, high: top, label: options.log ? "images (log scale)" : "images", log: options.log}, width, height);
  const step = (high - low) / bins;
  const bars = histogram.counts.map((n, i) => {
    if (!n) return null;
    const x0 = frame.sx(low + i * step), x1 = frame.sx(low + (i + 1) * step), y = frame.sy(n);
    return g("rect.bar", {x: x0, y, width: Math.max(0.5, x1 - x0 - 0.6), height: Math.max(0, frame.bottom - y)});
  });
  const lines = marks.filter((m) => Number.isFinite(m.at)).map((mark) => {
    const x = frame.sx(Math.min(high, Math.max(low, mark.at)));
    return g(`line.${mark.kind}`, {x1: x, x2: x, y1: frame.top - 4, y2: frame.bottom});
  });
  return g("svg.plot", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description}, frame.parts, bars, lines);
}

const dashes = ["none", "6 3", "2 3", "9 3 2 3"];

// spreads reports whether numbers differ so much that a logarithmic axis shows them better.
const spreads = (ys) => Math.max(...ys) / Math.min(...ys) > 8;

// linesPlot draws curves {name, x, y} with a legend. Without options.log the numbers decide
// on the axis; one that is to be logarithmic is where all are above 0.
function linesPlot(curves, xLabel, yLabel, description, options = {}) {
  const width = plotWidth(options.width || 640), height = options.height || 280;
  const xs = curves.flatMap((c) => c.x), ys = curves.flatMap((c) => c.y).filter(Number.isFinite);
  const positive = ys.length > 0 && ys.every((v) => v > 0);
  const log = positive && (options.log ?? spreads(ys));
  const frame = axes({low: Math.min(...xs), high: Math.max(...xs), label: xLabel},
    {low: log ? Math.min(...ys) : Math.min(0, ...ys), high: Math.max(...ys), label: yLabel + (log ? " (log scale)" : ""), log}, width, height);
  const drawn = curves.map((curve, i) => {
    const points = curve.x.map((x, k) => [x, curve.y[k]]).filter(([, y]) => Number.isFinite(y));
    const path = points.map(([x, y], k) => `${k ? "L" : "M"}${frame.sx(x).toFixed(1)} ${frame.sy(y).toFixed(1)}`).join("");
    const shape = i === 0 ? "accent" : "plain";
    return [g(`path.curve.${shape}`, {d: path, "stroke-dasharray": dashes[i % dashes.length]}),
      points.length < 30 ? points.map(([x, y]) => g(`circle.dot.${shape}`, {cx: frame.sx(x), cy: frame.sy(y), r: 2.2})) : null];
  });
  const legend = h("ul.curves", {"aria-hidden": "true"}, curves.map((curve, i) => h("li", null,
    g("svg", {viewBox: "0 0 28 8"}, g(`path.curve.${i === 0 ? "accent" : "plain"}`, {d: "M0 4H28", "stroke-dasharray": dashes[i % dashes.length]})),
    curve.name)));
  return h("div.lines", null,
    g("svg.plot", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description}, frame.parts, drawn), legend);
}


// momentsPlot draws a figure of some moments {x, y, error} over a logarithmic axis, with bars of the errors, and
// a mark where one of them is.
function momentsPlot(points, xLabel, yLabel, description, mark) {
  const width = plotWidth(640), height = 220;
  const lows = points.map((p) => p.y - p.error), highs = points.map((p) => p.y + p.error);
  const log = !points.some((p) => p.error) && lows.every((v) => v > 0) && spreads(lows);
  const xs = points.map((p) => p.x);
  const frame = axes({low: Math.min(...xs), high: Math.max(...xs), label: `${xLabel} (log scale)`, log: true},
    {low: log ? Math.min(...lows) : Math.min(0, ...lows), high: Math.max(...highs, log ? 0 : 1e-9), label: yLabel + (log ? " (log scale)" : ""), log}, width, height);
  const path = points.map((p, i) => `${i ? "L" : "M"}${frame.sx(p.x).toFixed(1)} ${frame.sy(p.y).toFixed(1)}`).join("");
  return g("svg.plot", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description}, frame.parts,
    mark === null ? null : g("line.runner", {x1: frame.sx(mark), x2: frame.sx(mark), y1: frame.top, y2: frame.bottom}),
    g("path.curve.accent", {d: path}),
    points.map((p, i) => [p.error ? g("line.off", {x1: frame.sx(p.x), x2: frame.sx(p.x), y1: frame.sy(lows[i]), y2: frame.sy(highs[i])}) : null,
      g("circle.dot.accent", {cx: frame.sx(p.x), cy: frame.sy(p.y), r: 2.6})]));
}
