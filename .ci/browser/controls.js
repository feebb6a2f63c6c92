// What has to hold for the controls of a page and of the figures that an article embeds:
// each is moved, and what it shows must change. Checks are given the page and what to tell.

function must(holds, fault, text) {
  if (!holds) fault(text);
}

// pixelsOf draws the pictures of a place with their filters and returns a text of them.
const pixelsOf = (place) => place.evaluate(async (at) => {
  const list = [];
  for (const image of at.querySelectorAll("img")) {
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.filter = image.style.filter || "none";
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) % 1000000007;
    list.push(sum);
  }
  return list.join(" ");
});

// move puts a slider on another position by the keyboard, and says where it was and is.
async function move(slider) {
  const at = () => slider.evaluate((s) => [Number(s.value), Number(s.max), s.getAttribute("aria-valuetext")]);
  const [before, last, said] = await at();
  await slider.focus();
  await slider.press(before === last ? "Home" : "End");
  const [after, , then] = await at();
  return {last, moved: before !== after, told: said !== then && Boolean(then)};
}

// sliders moves every slider of a place; the pictures there must be others then.
async function sliders(place, pixels, fault, want) {
  const list = place.getByRole("slider");
  const n = await list.count();
  must(n === want, fault, `${n} sliders, want ${want}`);
  for (let i = 0; i < n; i++) {
    const name = await list.nth(i).getAttribute("aria-label");
    const before = await pixels(place);
    const {last, moved, told} = await move(list.nth(i));
    if (!last) continue; // there is one position
    must(moved && told, fault, `the slider ${name} does not move, or does not say where it is`);
    must(before !== await pixels(place), fault, `the slider ${name} changes no picture`);
  }
}

// press chooses each of the radio buttons of a legend; done is asked after each.
async function press(place, legend, done) {
  const group = place.getByRole("group", {name: legend, exact: true});
  if (!await group.count()) return 0;
  const radios = group.getByRole("radio");
  const n = await radios.count();
  for (let i = n - 1; i >= 0; i--) {
    await radios.nth(i).focus();
    await radios.nth(i).press("Space");
    await done(i);
  }
  return n;
}

// axis switches the axis of a plot to logarithmic and back; the curve must move.
async function axis(place, fault) {
  const curve = () => place.locator("svg[role=img] path").first().getAttribute("d");
  const label = () => place.locator("svg[role=img]").first().textContent();
  const seen = [];
  const n = await press(place, "Axis of the loss", async () => seen.push([await curve(), await label()]));
  if (!n) return false;
  must(n === 2 && seen[0][0] !== seen[1][0], fault, "the switch of the axis moves no curve");
  must(seen[0][1].includes("log scale") && !seen[1][1].includes("log scale"), fault, "the axis does not say what it is");
  return true;
}

// page moves what a report has: sliders of the epochs, axis of the loss, and toggles.
export async function page({page, fault, say, shot}) {
  const report = await page.evaluate(() => JSON.parse(document.getElementById("report").textContent));
  const said = [];
  const model = page.locator("#model");
  if (report.model?.loss?.length) said.push(await axis(model, fault) ? "axis" : "no axis to choose");
  if (report.model?.training) {
    const epochs = page.locator("#epochs");
    await epochs.scrollIntoViewIfNeeded();
    // Pictures beside a page from disk cannot be read: their addresses are compared.
    const pixels = report.linked ? (place) => place.evaluate((at) => [...at.querySelectorAll("img")].map((i) => i.src).join(" ")) : pixelsOf;
    await sliders(epochs, pixels, fault, 2);
    const before = await epochs.locator("img").last().getAttribute("style");
    await press(epochs, "Brightness", async (i) => { if (i) said.push("contrast"); });
    await shot("epochs");
    said.push(`${report.model.training.epochs.length} epochs (${before || "one scale"})`);
  }
  const gallery = page.locator("#gallery");
  for (const [legend, word] of [["Scope", "scope"], ["Center", "center"], ["Metric", "metric"]]) {
    const first = () => gallery.locator(".groups").evaluate((g) => g.textContent);
    const seen = [];
    const n = await press(gallery, legend, async (i) => {
      seen.push(await first());
      must(await page.evaluate(() => document.activeElement?.type === "radio" && document.activeElement.checked), fault, `the toggle ${legend} loses the focus`);
    });
    if (n) {
      must(new Set(seen).size === n, fault, `the toggle ${legend} shows the same picks twice`);
      said.push(`${n} of ${word}`);
    }
  }
  const rank = gallery.locator("label.choice", {has: page.locator("span", {hasText: /^Rank$/})}).locator("select");
  if (await rank.count()) {
    const all = await gallery.locator(".pick:not([hidden])").count();
    await rank.selectOption({index: 1});
    const ranks = await gallery.locator(".pick:not([hidden]) .rank").allTextContents();
    must(ranks.length > 0 && ranks.length < all && new Set(ranks).size === 1, fault, `rank 1 shows ${ranks.join(" ")}`);
    await page.getByRole("button", {name: "Show all"}).click();
    said.push("rank");
  }
  say(said.join(", ") || "nothing to move");
}

// figures moves every control of a folder of figures, through its preview.
export async function figures({page, fault, say, shot, axe}, manifest) {
  await page.waitForFunction(() => "ready" in document.body.dataset, null, {timeout: 10000});
  const said = [];
  for (const {name} of manifest.figures) {
    const place = page.locator(`#${name}`);
    await place.scrollIntoViewIfNeeded();
    must(await place.getByRole("group").count() > 0, fault, `${name} is empty`);
    await shot(name);
    if (name === "loss") must(await axis(place, fault), fault, "no switch of the axis");
    if (name === "reconstructions") await sliders(place, pixelsOf, fault, 2);
    if (name === "interpolation") await interpolation(place, fault);
    if (name === "gallery") await gallery(place, fault);
    if (name !== "loss") {
      const scales = [];
      must(await press(place, "Brightness", async () => scales.push(await pixelsOf(place))) === 2, fault, `${name} has no switch of brightness`);
      must(scales[0] !== scales[1], fault, `${name}: the switch of brightness changes no picture`);
    }
    await shot(`${name}-moved`);
    said.push(name);
  }
  for (const {name} of manifest.missing || []) must(await page.locator(`#${name}`).count() === 0, fault, `${name} is there, and was left out`);
  must(await page.locator("script").count() === 2 && await page.locator("img:not(.ex-picture)").count() === 0, fault, "a name made an element");
  await page.evaluate(axe);
  for (const v of (await page.evaluate(() => window.axe.run({resultTypes: ["violations"]}))).violations) {
    if (["serious", "critical"].includes(v.impact)) fault(`axe: ${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  must(over <= 0, fault, `the preview is ${over} px wider than the window`);
  say(`${said.join(", ")}${manifest.missing ? `; left out: ${manifest.missing.map((m) => m.name).join(", ")}` : ""}`);
}

async function interpolation(place, fault) {
  await sliders(place, pixelsOf, fault, 1);
  const pair = place.locator("select");
  if (!await pair.count()) return;
  const options = await pair.locator("option").count(), seen = new Set();
  for (let i = 0; i < options; i++) {
    await pair.selectOption({index: i});
    seen.add(await pixelsOf(place) + await place.locator("figcaption").first().textContent());
  }
  must(seen.size === options, fault, `${options} pairs show ${seen.size} different ones`);
}

async function gallery(place, fault) {
  const shown = () => place.evaluate((p) => [...p.querySelectorAll("li:not(.ex-theory)")].map((li) => li.textContent).join("\n"));
  for (const legend of ["Scope", "Center", "Metric", "Rank"]) {
    const seen = [];
    const n = await press(place, legend, async () => seen.push(await shown()));
    must(!n || new Set(seen).size === n, fault, `the toggle ${legend} shows the same twice`);
  }
}

// host renders a module for a host like anywidget's, which sets, hears and saves, in a
// shadow tree, as MyST has it.
export async function host({page, fault, say}, name, text) {
  const found = await page.evaluate(async (text) => {
    const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
    const {default: widget} = await import(url);
    const values = {}, heard = {}, saves = [];
    const model = {
      get: (k) => values[k],
      set: (k, v) => { values[k] = v; for (const f of heard[k] || []) f(); },
      on: (event, f) => { const k = event.replace("change:", ""); (heard[k] ||= []).push(f); },
      off: (event, f) => { const k = event.replace("change:", ""); heard[k] = heard[k].filter((g) => g !== f); },
      save_changes: () => saves.push({...values}),
    };
    const outer = document.createElement("div");
    document.body.append(outer);
    const el = document.createElement("div");
    outer.attachShadow({mode: "open"}).append(el);
    const stop = await widget.render({model, el});
    const look = () => [...el.querySelectorAll("img")].map((i) => i.src + i.style.filter).join() + [...el.querySelectorAll("path")].map((p) => p.getAttribute("d")).join() + el.textContent;
    const out = {states: Object.keys(heard), told: [], saved: 0};
    // The host sets a value: the figure follows.
    const other = {scale: "log", epoch: 0, image: 1, pair: 1, step: 3, rank: "1", brightness: "own", center: "median", metric: "cosine", scope: "label"};
    for (const k of out.states) {
      const before = look();
      model.set(k, other[k]);
      if (before !== look()) out.told.push(k);
    }
    // Nonsense changes nothing.
    const before = look();
    for (const k of out.states) for (const wrong of [null, "<img>", -1, 1e9, NaN]) model.set(k, wrong);
    out.nonsense = before === look();
    // A person moves a control: the host is told.
    const slider = el.querySelector("input[type=range]"), radio = el.querySelector("input[type=radio]:not(:checked)");
    if (slider) { slider.value = slider.value === slider.max ? 0 : slider.max; slider.dispatchEvent(new Event("input")); }
    else if (radio) radio.click();
    out.saved = saves.length;
    // Two of one module do not disturb one another.
    const second = document.createElement("div");
    el.parentNode.append(second);
    const stopSecond = await widget.render({el: second});
    out.second = second.querySelectorAll("input:checked").length === el.querySelectorAll("input:checked").length;
    stopSecond();
    stop();
    out.left = el.querySelectorAll("input, img, svg").length;
    out.listeners = Object.values(heard).flat().length;
    out.default = Object.keys(widget).join();
    return out;
  }, text);
  must(found.default === "render", fault, `${name} exports ${found.default}`);
  must(found.told.length > 0, fault, `${name} follows no value of its host (${found.states})`);
  must(found.nonsense, fault, `${name} takes a value that is none of its own`);
  must(found.saved > 0, fault, `${name} tells its host nothing`);
  must(found.second, fault, `${name}: a second one takes the choices of the first`);
  must(!found.left && !found.listeners, fault, `${name} leaves ${found.left} elements and ${found.listeners} listeners`);
  say(`${name}: follows ${found.told.join(", ")}`);
}
