// Loss: training and validation by epoch, on a linear or a logarithmic axis.

const width = 640, height = 320, left = 64, right = 14, top = 12, bottom = 44;

function ticks(low, high, n) {
  if (!(high > low)) return [low];
  const power = 10 ** Math.floor(Math.log10((high - low) / n));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= (high - low) / n * 0.999);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) list.push(i * step + 0);
  return list;
}

// decades are powers of ten; over a short range with 2 and 5.
function decades(low, high) {
  const list = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
    for (const m of high / low < 100 ? [1, 2, 5] : [1]) if (m * 10 ** e >= low * 0.999 && m * 10 ** e <= high * 1.001) list.push(m * 10 ** e);
  }
  return list.length > 1 ? list : [low, high];
}

function plot(log) {
  const curves = data.curves.map((c) => ({...c, points: c.epochs.map((x, i) => [x, c.values[i]]).filter(([, y]) => !log || y > 0)}));
  const xs = curves.flatMap((c) => c.points.map(([x]) => x)), ys = curves.flatMap((c) => c.points.map(([, y]) => y));
  const f = log ? Math.log10 : (v) => v;
  const low = log ? Math.min(...ys) : Math.min(0, ...ys), high = Math.max(...ys), first = Math.min(...xs), last = Math.max(...xs);
  const sx = (v) => last > first ? left + (width - right - left) * (v - first) / (last - first) : (left + width - right) / 2;
  const sy = (v) => height - bottom - (height - bottom - top) * (high > low ? (f(v) - f(low)) / (f(high) - f(low)) : 0.5);
  const whole = ticks(first, last, 8).filter(Number.isInteger);
  return g("svg.plot", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${data.title}, ${log ? "logarithmic" : "linear"} axis. ${data.summary}`},
    (whole.length ? whole : [first]).map((v) => g("text", {x: sx(v), y: height - bottom + 17, "text-anchor": "middle"}, number(v))),
    (log ? decades(low, high) : ticks(low, high, 5)).map((v) => [g("line.grid", {x1: left, x2: width - right, y1: sy(v), y2: sy(v)}),
      g("text", {x: left - 7, y: sy(v) + 4, "text-anchor": "end"}, number(v))]),
    data.epoch >= first && data.epoch <= last ? g("line.mark", {x1: sx(data.epoch), x2: sx(data.epoch), y1: top, y2: height - bottom}) : null,
    g("line.axis", {x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}),
    g("text", {x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle"}, "epoch"),
    g("text", {transform: `translate(13 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle"}, log ? "loss (log scale)" : "loss"),
    curves.map((c, i) => [g(i ? "path.line" : "path.line.first", {d: c.points.map(([x, y], k) => `${k ? "L" : "M"}${sx(x).toFixed(1)} ${sy(y).toFixed(1)}`).join("")}),
      c.points.length <= 40 ? c.points.map(([x, y]) => g(i ? "circle.dot" : "circle.dot.first", {cx: sx(x).toFixed(1), cy: sy(y).toFixed(1), r: 2.6},
        g("title", null, `${c.name}, epoch ${x}: ${number(y)}`))) : null]));
}

function figure(root, state) {
  const holder = h("div");
  const gone = data.curves.some((c) => c.values.some((v) => !(v > 0)));
  const note = h("p.note");
  let showScale;
  const show = (scale) => {
    showScale(scale);
    holder.replaceChildren(plot(scale === "log"));
    note.textContent = data.summary + (scale === "log" && gone ? " Values that are not above 0 have no place on this axis." : "");
  };
  const scales = data.curves.some((c) => c.values.some((v) => v > 0)) ? [["linear", "Linear"], ["log", "Logarithmic"]] : [["linear", "Linear"]];
  const scale = state("scale", "linear", among(scales.map(([v]) => v)), show);
  let control;
  [control, showScale] = choice("Axis of the loss", scales, scale.value, (v) => scale.set(v));
  root.append(h("div.controls", null, control),
    h("ul.legend", {"aria-hidden": "true"}, data.curves.map((c, i) => h("li", null, g("svg", {viewBox: "0 0 28 8"}, g(i ? "path.line" : "path.line.first", {d: "M0 4H28"})), c.name)),
      data.epoch ? h("li", null, g("svg", {viewBox: "0 0 28 8"}, g("path.mark", {d: "M14 0V8"})), `epoch of the model, ${data.epoch}`) : null),
    holder, note);
  show(scale.value);
}
