// Pointing at the map: dragging, zooming, keys, and what is under the pointer.

Object.assign(MapView.prototype, {
  listen() {
    const {stage} = this;
    new ResizeObserver(() => this.cloud && this.resize()).observe(stage);
    addEventListener("themechange", () => this.cloud && this.paint());
    stage.addEventListener("pointerdown", (e) => this.pressed(e));
    stage.addEventListener("pointermove", (e) => this.moved(e));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (e) => this.released(e));
    stage.addEventListener("pointerleave", () => { if (!this.drags.size) this.point(-1); });
    stage.addEventListener("blur", () => this.point(-1));
    stage.addEventListener("keydown", (e) => this.key(e));
    stage.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && document.activeElement !== stage) return;
      e.preventDefault();
      const [x, y] = this.at(e);
      this.zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), x, y);
    }, {passive: false});
  },

  // at is the place of an event on the canvas.
  at(event) {
    const box = this.stage.getBoundingClientRect();
    return [(event.clientX - box.left - this.stage.clientLeft) * this.ratio, (event.clientY - box.top - this.stage.clientTop) * this.ratio];
  },

  pressed(event) {
    if (event.button !== 0) return;
    this.drags.set(event.pointerId, this.at(event));
    this.stage.setPointerCapture(event.pointerId);
    if (this.drags.size === 1) this.traveled = 0;
  },

  moved(event) {
    const now = this.at(event);
    const before = this.drags.get(event.pointerId);
    if (!before) {
      this.point(this.find(...now), now);
      return;
    }
    const other = [...this.drags].find(([id]) => id !== event.pointerId);
    this.traveled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (other) {
      const span = (p) => Math.hypot(p[0] - other[1][0], p[1] - other[1][1]) || 1;
      this.zoom(span(now) / span(before), (now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2);
      this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    } else {
      this.pan(now[0] - before[0], now[1] - before[1]);
      if (this.traveled > 4 * this.ratio) this.point(-1);
    }
    this.drags.set(event.pointerId, now);
  },

  released(event) {
    const was = this.drags.delete(event.pointerId);
    if (!was || this.drags.size || event.type === "pointercancel" || this.traveled > 4 * this.ratio) return;
    const now = this.at(event);
    const place = this.find(...now);
    this.point(place, now);
    const pick = this.pickAt(place);
    if (pick && event.pointerType === "mouse") openPick(pick);
    else this.stage.focus({preventScroll: true});
  },

  // find returns the place under a point of the screen: a pick before others.
  find(sx, sy) {
    const x = this.cx + (sx - this.width / 2) / this.k, y = this.cy - (sy - this.height / 2) / this.k;
    let best = -1, least = (9 * this.ratio / this.k) ** 2;
    for (const [, place] of this.picks) {
      const d = (this.cloud.x[place] - x) ** 2 + (this.cloud.y[place] - y) ** 2;
      if (d < least) { least = d; best = place; }
    }
    return best >= 0 ? best : this.cloud.nearest(x, y, 8 * this.ratio / this.k);
  },

  pickAt(place) {
    return this.pickOf.get(place) || null;
  },

  // point shows what is known about a place, -1 hides it.
  point(place) {
    if (place === this.hovered) return;
    this.hovered = place;
    this.tip.hidden = place < 0;
    this.stage.classList.toggle("on-pick", Boolean(this.pickAt(place)));
    if (place >= 0) {
      this.tip.replaceChildren(...this.about(place));
      const [x, y] = this.screen(place).map((v) => v / this.ratio);
      const {clientWidth, clientHeight} = this.stage, {offsetWidth, offsetHeight} = this.tip;
      this.tip.style.left = `${Math.max(4, Math.min(clientWidth - offsetWidth - 4, x + 16 + offsetWidth > clientWidth ? x - offsetWidth - 16 : x + 16))}px`;
      this.tip.style.top = `${Math.max(4, Math.min(clientHeight - offsetHeight - 4, y + 12))}px`;
    }
    this.draw();
  },

  about(place) {
    const point = this.cloud.point[place];
    const pick = this.pickAt(place);
    const parts = [this.thumbnail(point, pick), h("p.name", null, h("bdi", null, this.ids(point)))];
    if (pick) parts.push(h("p", null, `Pick: rank ${pick.rank} of ${groupName(report.groups[pick.group])}`));
    parts.push(h("dl", null, this.columns.map((c) => h("div", null, h("dt", null, columnName(c.column.name)), h("dd", null, c.text(point))))));
    return parts.filter(Boolean);
  },

  // thumbnail shows a pick's own picture, or the point's part of the sheet.
  thumbnail(point, pick) {
    if (pick && pick.picture >= 0) return picture(pick.picture, "", {now: true});
    const {thumbnails, thumbnail_side: side, thumbnail_columns: columns, thumbnail_points: points} = this.data;
    if (!this.sheet) this.sheet = new Map((points || []).map((p, i) => [p, i]));
    if (!thumbnails || !this.sheet.has(point)) return h("p.minor", null, "no thumbnail of this image");
    const at = this.sheet.get(point);
    const view = h("span.thumbnail");
    const shown = side * Math.max(1, Math.round(96 / side));
    Object.assign(view.style, {width: `${shown}px`, height: `${shown}px`, backgroundImage: `url("${thumbnails}")`, backgroundSize: `${columns * shown}px auto`,
      backgroundPosition: `${-(at % columns) * shown}px ${-Math.floor(at / columns) * shown}px`});
    return view;
  },

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const far = 60 * this.ratio;
    const actions = {
      ArrowLeft: () => this.pan(far, 0), ArrowRight: () => this.pan(-far, 0), ArrowUp: () => this.pan(0, far), ArrowDown: () => this.pan(0, -far),
      "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.fit(),
      n: () => this.stepTo(1), p: () => this.stepTo(-1), Enter: () => this.openHovered(), Escape: () => this.point(-1),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  },

  // stepTo goes to the next pick and says which it is.
  stepTo(step) {
    const list = this.picks;
    if (!list.length) return;
    this.step = (this.step + step + list.length + (this.step < 0 && step < 0 ? 1 : 0)) % list.length;
    const [pick, place] = list[this.step];
    const [x, y] = this.screen(place);
    if (x < 0 || y < 0 || x > this.width || y > this.height) {
      this.cx = this.cloud.x[place];
      this.cy = this.cloud.y[place];
    }
    this.point(place);
    say(`Pick ${this.step + 1} of ${list.length}: ${pick.image_id}, rank ${pick.rank} of ${groupName(report.groups[pick.group])}`);
  },

  openHovered() {
    const pick = this.pickAt(this.hovered);
    if (pick) openPick(pick);
  },
});

