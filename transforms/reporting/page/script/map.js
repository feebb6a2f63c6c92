// Map: the latents in two dimensions, on a canvas that is drawn point by point.

function map() {
  const body = bodyOf("map");
  const data = report.map;
  if (!data || !data.points || !data.projections.length) {
    body.append(missing("There is no map in this report."));
    return;
  }
  const holder = h("div.map");
  body.append(h("p.caption", {id: "map-note"}, mapNote(data.projections[0])), holder);
  const begin = new IntersectionObserver(async (entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    begin.disconnect();
    try {
      const ids = await unpackIDs(data.ids, data.points);
      const columns = await Promise.all(data.columns.map((c) => Colors.load(c, data.points)));
      await new MapView(holder, data, ids, columns).start();
    } catch (error) {
      holder.replaceChildren(missing(`This browser cannot draw the map: ${error.message}`));
    }
  }, {rootMargin: "600px 0px"});
  begin.observe(holder);
}

// mapNote says what a projection is and how far it can be trusted.
function mapNote(projection) {
  const {points, of} = report.map;
  const shown = projection.shown ? projection.shown.length : points;
  const sampled = shown < of ? `${count(shown)} of ${plural(of, "image", "images")}, a sample by hash of the image id` : `all ${plural(of, "image", "images")}`;
  const trust = projection.rows > 0
    ? ` Trustworthiness ${figure(projection.trustworthiness)} for ${plural(projection.neighbours, "neighbor", "neighbors")}, measured on ${plural(projection.rows, "point", "points")}: 1 means that points near each other here are near each other in the latents.` : "";
  return `${projection.name} of ${sampled}; a point is an image. Axes: ${projection.axes}.${trust}${centersNote(projection)}`;
}

class MapView {
  constructor(holder, data, ids, columns) {
    Object.assign(this, {data, ids, columns, clouds: [], picks: [], highlighted: -1, hovered: -1, drags: new Map(), step: -1});
    this.colors = columns[0];
    this.canvas = h("canvas", {"aria-hidden": "true"});
    this.overlay = g("svg.overlay", {"aria-hidden": "true"});
    this.tip = h("div.tip", {hidden: true});
    this.stage = h("div.stage", {tabindex: 0, role: "application", "aria-label": "Map of the latents",
      "aria-roledescription": "map", "aria-describedby": "map-keys"}, this.canvas, this.overlay, this.tip);
    this.legend = h("div.legend");
    const button = (text, label, f) => h("button.plain", {type: "button", "aria-label": label, title: label, onclick: f}, text);
    const bar = h("div.toolbar", null, setChooser(),
      data.projections.length > 1 ? choice("Projection", data.projections.map((p, i) => [i, p.name]), 0, (i) => this.project(Number(i))) : null,
      columns.length ? choice("Color by", columns.map((c, i) => [i, columnName(c.column.name)]), 0, (i) => this.colorBy(Number(i))) : null,
      h("div.zoom", {role: "group", "aria-label": "Zoom"}, button("+", "Zoom in", () => this.zoom(1.5)), button("−", "Zoom out", () => this.zoom(1 / 1.5)),
        button("Whole map", "Show the whole map", () => this.fit())));
    holder.replaceChildren(bar, h("div.chart", null, this.stage, this.legend),
      h("p.caption", {id: "map-keys"}, "Rings are picks. Drag to move; + and − zoom, and so does the wheel once the map is clicked or with Ctrl; pinch on a touch screen. " +
        "Keys: arrows move, 0 shows everything, n and p step through the picks, Enter opens one."));
  }

  async start() {
    this.listen();
    await this.project(0);
    onSet(() => {
      this.step = -1;
      byID("map-note").textContent = mapNote(this.projection);
      this.placePicks();
      this.draw();
    });
  }

  async project(index) {
    const projection = this.projection = this.data.projections[index];
    this.cloud = this.clouds[index] || (this.clouds[index] = await Cloud.load(projection));
    this.placePicks();
    this.colorBy(this.columns.indexOf(this.colors));
    byID("map-note").textContent = mapNote(projection);
    this.resize();
    this.fit();
  }

  colorBy(index) {
    this.colors = this.columns[index];
    this.highlighted = -1;
    this.paint();
    drawLegend(this);
  }

  highlight(category) {
    this.highlighted = this.highlighted === category ? -1 : category;
    this.paint();
  }

  paint() {
    const probe = getComputedStyle(this.stage);
    const numbers = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
    this.background = pixel(numbers(probe.backgroundColor));
    this.ink = pixel(numbers(probe.color));
    this.gray = numbers(probe.outlineColor);
    this.pixels = this.colors ? this.colors.of(this.cloud, this.gray, this.highlighted) : new Uint32Array(this.cloud.n).fill(pixel(palette[0]));
    this.none = pixel(this.gray);
    this.draw();
  }

  // resize gives the canvases the pixels of the screen.
  resize() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const {clientWidth, clientHeight} = this.stage;
    const width = Math.max(1, Math.round(clientWidth * ratio)), height = Math.max(1, Math.round(clientHeight * ratio));
    if (width === this.width && height === this.height) return;
    const before = this.k && this.width ? Math.min(width / this.width, height / this.height) : 0;
    Object.assign(this, {ratio, width, height});
    Object.assign(this.canvas, {width, height});
    this.context = this.canvas.getContext("2d", {alpha: false});
    this.image = this.context.createImageData(width, height);
    this.buffer = new Uint32Array(this.image.data.buffer);
    if (before) this.k *= before;
    this.draw();
  }

  // fit shows every point.
  fit() {
    const {low, high} = this.cloud;
    const room = this.projection.scatter ? 0.84 : 0.92; // the axes have names
    this.k = Math.min(this.width * room / Math.max(1, high.x - low.x), this.height * room / Math.max(1, high.y - low.y));
    this.least = this.k / 2;
    this.cx = (low.x + high.x) / 2;
    this.cy = (low.y + high.y) / 2;
    this.draw();
  }

  // zoom keeps the place (x, y) of the screen where it is; without one the middle.
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const k = Math.min(Math.max(this.k * factor, this.least), this.least * 400);
    const change = 1 / this.k - 1 / k;
    this.cx += (x - this.width / 2) * change;
    this.cy -= (y - this.height / 2) * change;
    this.k = k;
    this.draw();
  }

  pan(dx, dy) {
    this.cx -= dx / this.k;
    this.cy += dy / this.k;
    this.draw();
  }

  screen(place) {
    return [(this.cloud.x[place] - this.cx) * this.k + this.width / 2, (this.cy - this.cloud.y[place]) * this.k + this.height / 2];
  }

  draw() {
    if (this.asked || !this.context || !this.cloud || !this.pixels || this.pixels.length !== this.cloud.n) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.drawPoints();
      this.drawPicks();
      this.context.putImageData(this.image, 0, 0);
      this.drawAxes();
    });
  }

  // drawPoints writes every point as a small disc, those that are gray first.
  drawPoints() {
    const {buffer, cloud, k, width, height, pixels, none} = this;
    buffer.fill(this.background);
    const radius = this.radius();
    const brush = discs(radius, width, cloud.n > 30000 && radius < 3);
    const margin = brush.reach;
    const x0 = width / 2 - this.cx * k, y0 = height / 2 + this.cy * k;
    const right = width - margin, bottom = height - margin;
    const passes = this.highlighted >= 0 ? [true, false] : [null];
    for (const gray of passes) {
      for (let i = 0; i < cloud.n; i++) {
        const color = pixels[i];
        if (gray !== null && (color === none) !== gray) continue;
        const x = Math.round(x0 + cloud.x[i] * k), y = Math.round(y0 - cloud.y[i] * k);
        if (x < margin || y < margin || x >= right || y >= bottom) continue;
        stamp(buffer, y * width + x, color, brush);
      }
    }
  }

  // radius of a point in pixels of the screen: larger where there are few, and
  // when one looks closely.
  radius() {
    const few = this.cloud.n > 50000 ? 1 : this.cloud.n > 10000 ? 1.5 : this.cloud.n > 2000 ? 2.2 : 3;
    return Math.min(5, few * Math.sqrt(Math.max(1, this.k / this.least / 2))) * this.ratio ** 0.8;
  }

  // drawPicks rings the picks of the chosen set, and the point under the pointer.
  drawPicks() {
    const {ratio, width, height, buffer} = this;
    const ring = (places, size, thick) => {
      for (const [color, brush] of [[this.background, rings(size, thick + 2 * ratio, width)], [this.ink, rings(size, thick, width)]]) {
        for (const place of places) {
          const [x, y] = this.screen(place).map(Math.round);
          if (x > brush.reach && y > brush.reach && x < width - brush.reach && y < height - brush.reach) stamp(buffer, y * width + x, color, brush);
        }
      }
    };
    const size = (this.picks.length > 300 ? Math.min(3.5, 1 + width / ratio / 400) : 5) * ratio;
    ring(this.picks.map(([, place]) => place), size, 1.5 * ratio);
    if (this.hovered >= 0) ring([this.hovered], size + 4 * ratio, 2 * ratio);
  }

  // placePicks finds the chosen set's picks in the cloud.
  placePicks() {
    const place = (point) => point === undefined || point < 0 ? -1 : this.cloud.placeOf(point);
    this.picks = (chosen ? chosen.picks : []).map((pick) => [pick, place(this.data.picks[pick.index])]).filter(([, p]) => p >= 0);
    this.pickOf = new Map(this.picks.map(([pick, p]) => [p, pick]));
  }
}

// brushes returns the places of a shape's pixels relative to its middle, and how
// much of each it covers, of 256. The shape reaches so far; coverAt is the part of a
// pixel at a distance from the middle that it covers.
function brushes(far, width, coverAt) {
  const at = [], cover = [];
  const reach = Math.ceil(far);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const a = Math.min(1, Math.max(0, coverAt(Math.hypot(x, y))));
      if (a < 0.1) continue;
      at.push(y * width + x);
      cover.push(a > 0.9 ? 256 : Math.round(a * 256));
    }
  }
  return {at: Int32Array.from(at), cover: Int32Array.from(cover), reach: reach + 1};
}

// discs have soft edges, unless there are too many to mix every pixel of them.
const discs = (radius, width, hard) => brushes(radius, width, (d) => hard ? Number(d <= radius + 0.1) : radius + 0.5 - d);
const rings = (radius, thick, width) => brushes(radius + thick, width, (d) => thick / 2 + 0.5 - Math.abs(d - radius));

// stamp mixes a color into the pixels under a disc.
function stamp(buffer, middle, color, {at, cover}) {
  const redBlue = color & 0xff00ff, green = color & 0xff00;
  for (let j = 0; j < at.length; j++) {
    const p = middle + at[j], a = cover[j];
    if (a === 256) {
      buffer[p] = color;
      continue;
    }
    const under = buffer[p], b = 256 - a;
    buffer[p] = (0xff000000 | ((redBlue * a + (under & 0xff00ff) * b) >>> 8 & 0xff00ff) | ((green * a + (under & 0xff00) * b) >>> 8 & 0xff00)) >>> 0;
  }
}

