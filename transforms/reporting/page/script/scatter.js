// Axes of a map whose places are two numbers of each image, and its centers: SVG over
// the canvas.

Object.assign(MapView.prototype, {
  // drawAxes writes the ticks of what is on the screen, and marks the centers of the chosen set.
  drawAxes() {
    const {scatter} = this.projection;
    if (!scatter) {
      this.overlay.replaceChildren();
      return;
    }
    const {ratio} = this;
    const width = this.width / ratio, height = this.height / ratio, k = this.k / ratio;
    const value = (axis, place) => axis.low + (axis.high - axis.low) * place / 65535;
    const place = (axis, v) => (v - axis.low) / (axis.high - axis.low) * 65535;
    const sx = (v) => (place(scatter.x, v) - this.cx) * k + width / 2;
    const sy = (v) => (this.cy - place(scatter.y, v)) * k + height / 2;
    const ticks = (axis, middle, length) => ticksOf(value(axis, middle - length / 2 / k), value(axis, middle + length / 2 / k), Math.max(3, Math.floor(length / 90)));
    const foot = 22, inset = 6, parts = [];
    for (const v of ticks(scatter.x, this.cx, width)) {
      const x = sx(v);
      parts.push(g("line.tick", {x1: x, x2: x, y1: height, y2: height - 5}));
      if (x > 48 && x < width - 24) parts.push(g("text", {x, y: height - 9, "text-anchor": "middle"}, tick(v)));
    }
    for (const v of ticks(scatter.y, this.cy, height)) {
      const y = sy(v);
      parts.push(g("line.tick", {x1: 0, x2: 5, y1: y, y2: y}));
      if (y > foot + 16 && y < height - foot) parts.push(g("text", {x: 9, y: y + 3.5}, tick(v)));
    }
    parts.push(g("text.name", {x: width - inset - 2, y: height - foot - 6, "text-anchor": "end"}, `${scatter.x.name} →`),
      g("text.name", {x: inset + 2, y: 18}, `↑ ${scatter.y.name}`));
    for (const c of this.centers()) {
      const x = sx(c.x), y = sy(c.y);
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
      const d = `M${x - 11} ${y}h22M${x} ${y - 11}v22`;
      parts.push(g("path.halo", {d}), g("path.center", {d}));
    }
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.overlay.replaceChildren(...parts);
  },

  // centers are those of the chosen set.
  centers() {
    const {scatter} = this.projection;
    if (!scatter || !chosen) return [];
    return (scatter.centers || []).filter((c) => c.center === chosen.center && report.groups[c.group].scope === chosen.scope);
  },
});

// centersNote says which centers are marked, and where they are.
function centersNote(projection) {
  const {scatter} = projection;
  if (!scatter || !(scatter.centers || []).length) return "";
  const own = scatter.centers.filter((c) => chosen && c.center === chosen.center && report.groups[c.group].scope === chosen.scope);
  const all = scatter.centers.length < 1000 ? "" : ", of which the first 1,000 are marked";
  if (own.length !== 1) return ` Crosses are the centers of the groups${all}.`;
  return ` The cross is the ${own[0].center.replace("_", " ")}, ${scatter.x.name} ${figure(own[0].x, 4)} and ${scatter.y.name} ${figure(own[0].y, 4)}.`;
}

