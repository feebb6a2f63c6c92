// Points: the packed columns of the map, and finding the point under a pointer.

// unpack returns the bytes of a packed column.
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// unpackIDs returns a function from point to image id.
async function unpackIDs(text, points) {
  const bytes = await unpack(text);
  const starts = new Uint32Array(points + 1);
  for (let i = 0, n = 0; i < bytes.length && n < points; i++) if (bytes[i] === 0) starts[++n] = i + 1;
  const decoder = new TextDecoder();
  return (point) => decoder.decode(bytes.subarray(starts[point], starts[point + 1] - 1));
}

// A Cloud is a projection with its points sorted into the cells of a grid.
class Cloud {
  static side = 128; // cells

  // constructor takes x and y of each shown point in turn, and which points these are.
  constructor(xy, shown) {
    const n = xy.length / 2;
    this.n = n;
    this.x = new Uint16Array(n);
    this.y = new Uint16Array(n);
    this.point = shown ? Int32Array.from(shown) : Int32Array.from({length: n}, (_, i) => i);
    this.low = {x: 65535, y: 65535};
    this.high = {x: 0, y: 0};
    for (let i = 0; i < n; i++) {
      const x = this.x[i] = xy[2 * i], y = this.y[i] = xy[2 * i + 1];
      if (x < this.low.x) this.low.x = x;
      if (x > this.high.x) this.high.x = x;
      if (y < this.low.y) this.low.y = y;
      if (y > this.high.y) this.high.y = y;
    }
    this.place = new Map(); // of a point that is looked for
    this.sort();
  }

  static async load(projection) {
    const bytes = await unpack(projection.xy);
    return new Cloud(new Uint16Array(bytes.buffer, 0, bytes.length >> 1), projection.shown);
  }

  cell(x, y) {
    return (y >> 9) * Cloud.side + (x >> 9);
  }

  // sort counts the points of every cell and lists them cell by cell.
  sort() {
    const cells = Cloud.side * Cloud.side;
    this.starts = new Uint32Array(cells + 1);
    for (let i = 0; i < this.n; i++) this.starts[this.cell(this.x[i], this.y[i]) + 1]++;
    for (let c = 0; c < cells; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice(0, cells);
    this.sorted = new Uint32Array(this.n);
    for (let i = 0; i < this.n; i++) this.sorted[next[this.cell(this.x[i], this.y[i])]++] = i;
  }

  // nearest returns the place in this cloud of the point nearest to (x, y) within
  // a radius, or -1.
  nearest(x, y, radius) {
    const clamp = (v) => Math.min(Cloud.side - 1, Math.max(0, v >> 9));
    let best = -1, least = radius * radius;
    for (let cy = clamp(y - radius); cy <= clamp(y + radius); cy++) {
      for (let cx = clamp(x - radius); cx <= clamp(x + radius); cx++) {
        const c = cy * Cloud.side + cx;
        for (let k = this.starts[c]; k < this.starts[c + 1]; k++) {
          const i = this.sorted[k];
          const d = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (d <= least) { least = d; best = i; }
        }
      }
    }
    return best;
  }

  // placeOf returns where a point is in this cloud, or -1.
  placeOf(point) {
    if (!this.place.size) for (let i = 0; i < this.n; i++) this.place.set(this.point[i], i);
    return this.place.has(point) ? this.place.get(point) : -1;
  }
}

// The first eight can be told apart by people who see colors differently (Okabe and
// Ito 2008, yellow darkened); after the last of them the colors begin again.
const palette = [
  [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [213, 94, 0], [86, 180, 233], [189, 176, 25], [117, 107, 177],
  [140, 80, 45], [220, 20, 70], [0, 200, 190], [120, 200, 50], [255, 140, 150], [70, 60, 210], [110, 130, 90], [190, 60, 220],
  [235, 185, 130], [0, 105, 90], [160, 40, 105], [160, 175, 250],
];

// Five colors of viridis, dark for little and light for much.
const ramp = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

function rampColor(t) {
  const at = Math.min(1, Math.max(0, t)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at));
  return ramp[i].map((v, k) => Math.round(v + (ramp[i + 1][k] - v) * (at - i)));
}

// pixel packs a color as the canvas keeps it.
const pixel = ([r, gr, b]) => (255 << 24 | b << 16 | gr << 8 | r) >>> 0;

const rgb = (color) => `rgb(${color.join(" ")})`;

// Colors are one column of the map.
class Colors {
  static async load(column, points) {
    const bytes = await unpack(column.values);
    const c = new Colors();
    c.column = column;
    c.values = column.categories ? new Uint16Array(bytes.buffer, 0, points) : new Float32Array(bytes.buffer, 0, points);
    if (column.categories) {
      c.sizes = new Uint32Array(column.categories.length);
      for (const v of c.values) if (v < c.sizes.length) c.sizes[v]++;
    }
    return c;
  }

  // of gives every place of a cloud its color. Highlighted is a category that
  // keeps its color while the others become gray, or -1.
  of(cloud, gray, highlighted) {
    const colors = new Uint32Array(cloud.n);
    const none = pixel(gray);
    const {low, high, categories} = this.column;
    const table = (categories ? categories.map((_, i) => palette[i % palette.length]) : Array.from({length: 256}, (_, i) => rampColor(i / 255))).map(pixel);
    for (let i = 0; i < cloud.n; i++) {
      const v = this.values[cloud.point[i]];
      if (!categories) colors[i] = Number.isNaN(v) ? none : table[Math.round(255 * Math.min(1, Math.max(0, (v - low) / (high - low || 1))))];
      else colors[i] = v >= table.length || (highlighted >= 0 && v !== highlighted) ? none : table[v];
    }
    return colors;
  }

  // text is the value of a point in words.
  text(point) {
    const v = this.values[point];
    if (this.column.categories) return v < this.column.categories.length ? this.column.categories[v] : "none";
    return Number.isNaN(v) ? "none" : figure(v);
  }
}

