// What has to hold for a report. Each check is given the page and what to tell.

const data = (page) => page.evaluate(() => JSON.parse(document.getElementById("report").textContent));
const textOf = (page, selector) => page.locator(selector).first().textContent();

function must(holds, fault, text) {
  if (!holds) fault(text);
}

// opens: every part is there, and a reader can begin within two seconds, in the best
// of three times, since other work on the machine may take turns.
export async function opens({page, fault, say}, large) {
  let ready, painted;
  for (let i = 0; i < 3 && !(painted < 2000 && ready < 2000); i++) {
    if (i) await page.reload();
    ready = await page.evaluate(() => performance.getEntriesByName("interactive")[0]?.startTime);
    // The first picture and the next frame are there, so that clicks are answered.
    painted = await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => setTimeout(() => r(performance.now())))));
  }
  must(ready < 2000, fault, `interactive after ${ready} ms`);
  must(painted < 2000, fault, `drawn after ${painted} ms`);
  say(`interactive after ${Math.round(ready)} ms, drawn by ${Math.round(painted)} ms`);
  for (const section of ["summary", "gallery", "grade", "map", "model", "provenance"]) {
    const content = await page.locator(`#${section} > .body > *`).count();
    must(content > 0, fault, `section ${section} is empty`);
  }
  const picks = await page.locator("#gallery .pick").count();
  say(`${picks} picks`);
  if (large) must(picks >= 1000, fault, `${picks} picks, want 1,000`);
  must(await page.locator("h1").count() === 1, fault, "not one h1");
}

// filters: the text search and a choice hide the others, and everything comes back.
export async function filters({page, fault, say, shot}) {
  const visible = () => page.locator("#gallery .pick:visible").count();
  const all = await page.locator("#gallery .pick:not([hidden])").count();
  const name = await textOf(page, "#gallery .pick .name");
  await page.getByRole("searchbox", {name: "Search"}).fill(name.slice(-12).toUpperCase());
  const found = await visible();
  must(found > 0 && found < all, fault, `the search for the end of ${name} shows ${found} of ${all}`);
  must((await textOf(page, "#shown")).startsWith(`${found} of `), fault, `it says ${await textOf(page, "#shown")}`);
  await shot("search");
  await page.getByRole("button", {name: "Show all"}).click();
  must(await page.locator("#gallery .pick:not([hidden])").count() === all, fault, "Show all does not show all");

  const selects = page.locator("#gallery .toolbar label.choice:has(select)");
  const tried = [];
  for (let i = 0; i < await selects.count(); i++) {
    const label = await selects.nth(i).locator("span").textContent();
    if (["Scope", "Center", "Metric"].includes(label)) continue; // they show other picks, and hide none
    const values = await selects.nth(i).locator("option").count();
    await selects.nth(i).locator("select").selectOption({index: values - 1});
    const shown = await page.locator("#gallery .pick:not([hidden])").count();
    must(shown > 0 && shown < all, fault, `${label}: shows ${shown} of ${all}`);
    tried.push(`${label} ${shown}`);
    await page.getByRole("button", {name: "Show all"}).click();
  }
  say(`search ${found} of ${all}, ${tried.join(", ")}`);
}

// picks: a pick opens by keyboard, the arrows move, focus stays inside, Esc closes.
export async function picks({page, fault, say, shot, axe}) {
  const tile = page.locator("#gallery .pick .open").first();
  await tile.focus();
  await page.keyboard.press("Enter");
  const title = () => textOf(page, "#why-title bdi");
  const {picks: all} = await data(page);
  const first = await title();
  must(await page.locator("#why").evaluate((d) => d.open), fault, "Enter opens no dialog");
  must(first === all[0].image_id, fault, `the dialog is about ${first}`);
  if (all[0].picture >= 0) must(await page.locator("#why .large img").evaluate((i) => i.decode().then(() => i.naturalWidth > 0)), fault, "no picture");
  await page.waitForTimeout(300);
  await shot("dialog");
  await page.keyboard.press("ArrowRight");
  must(await title() === all[1].image_id, fault, `after the right arrow it is about ${await title()}`);
  await page.keyboard.press("ArrowLeft");
  must(await title() === first, fault, "the left arrow does not go back");
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => document.activeElement === document.body || document.getElementById("why").contains(document.activeElement));
    if (!inside) { fault("Tab leaves the dialog"); break; }
  }
  await faultless(page, axe, "dialog", fault);
  await page.keyboard.press("Escape");
  must(!await page.locator("#why").evaluate((d) => d.open), fault, "Esc does not close");
  must(await tile.evaluate((t) => t === document.activeElement), fault, "the focus does not go back to the pick");

  await page.keyboard.press("Tab");
  const copy = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("said").textContent.startsWith("Copied"));
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  must(copied === all[0].image_id, fault, `${copy} copied ${copied}`);
  say("opens, moves, closes, copies");
}

// contrast: the switch stretches pictures, and the page says which scale is on.
export async function contrast({page, fault, say, shot}) {
  if (!(await data(page)).levels) {
    must(await page.locator("[data-contrast]").count() === 0, fault, "a switch of brightness without pictures");
    say("no pictures");
    return;
  }
  const note = () => textOf(page, "#gallery .scale-note");
  must((await note()).includes("one scale for all pictures"), fault, `it says ${await note()}`);
  await page.locator("#gallery").scrollIntoViewIfNeeded();
  await page.locator("#gallery").getByText("Per image").click();
  must((await note()).includes("its own darkest"), fault, `it says ${await note()}`);
  const notes = await page.locator(".scale-note").allTextContents();
  must(new Set(notes).size === 1, fault, "not all notes say the same");
  const {levels, linked} = await data(page);
  await shot("own");
  // Drawn through its filter, a picture must be stretched as its levels say. The
  // pixels of pictures beside a page from disk cannot be read.
  const worst = linked ? 0 : await page.evaluate(async (levels) => {
    let worst = 0;
    for (const image of [...document.querySelectorAll("#gallery .pick img[data-picture]")].slice(0, 8)) {
      if (!image.getAttribute("src")) continue;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext("2d", {willReadFrequently: true});
      context.drawImage(image, 0, 0);
      const before = context.getImageData(0, 0, canvas.width, canvas.height).data;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.filter = image.style.filter;
      context.drawImage(image, 0, 0);
      const after = context.getImageData(0, 0, canvas.width, canvas.height).data;
      const [low, high] = levels[image.dataset.picture];
      for (let i = 0; i < before.length; i += 4) worst = Math.max(worst, Math.abs(after[i] - 255 * (before[i] - low) / (high - low)));
    }
    return worst;
  }, levels);
  must(worst <= 3, fault, `a pixel is ${worst} gray levels off its stretched value`);
  await page.locator("#gallery").getByText("One scale").click();
  must(!await page.locator("#gallery .pick img").first().evaluate((i) => i.style.filter), fault, "the common scale has a filter");
  say(linked ? "pictures beside the page" : `stretched within ${worst.toFixed(1)} gray levels`);
}

async function openMap(page) {
  await page.locator("#map").scrollIntoViewIfNeeded();
  await page.locator("#map .stage").waitFor();
  await page.locator("#map .stage").scrollIntoViewIfNeeded();
  await page.waitForTimeout(400);
  return page.locator("#map .stage").boundingBox();
}

// map: it is drawn, thumbnails come up under the pointer, picks open by key and click.
export async function map({page, fault, say, shot}) {
  const {map: content} = await data(page);
  if (!content) {
    say("there is none");
    return;
  }
  const box = await openMap(page);
  const colors = await page.evaluate(() => {
    const canvas = document.querySelector("#map canvas");
    const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return new Set(pixels).size;
  });
  must(colors > 2, fault, `the map has ${colors} colors`);

  let thumbnails = 0, tips = 0;
  for (let i = 0; i < 400 && !thumbnails; i++) {
    await page.mouse.move(box.x + box.width * (0.1 + 0.8 * ((i * 0.618) % 1)), box.y + box.height * (0.1 + 0.8 * ((i * 0.414) % 1)));
    if (await page.locator("#map .tip:visible").count()) tips++;
    thumbnails = await page.locator("#map .tip:visible .thumbnail, #map .tip:visible img.picture").count();
  }
  must(thumbnails, fault, `no thumbnail under the pointer (${tips} texts)`);
  await page.waitForTimeout(100);
  await shot("hover");

  await page.locator("#map .stage").focus();
  await page.keyboard.press("n");
  const name = await textOf(page, "#map .tip .name");
  await page.keyboard.press("Enter");
  must(await page.locator("#why").evaluate((d) => d.open) && await textOf(page, "#why-title bdi") === name, fault, `Enter does not open ${name}`);
  await page.keyboard.press("Escape");

  const before = await page.locator("#map canvas").first().screenshot();
  for (const [what, action] of [["wheel", () => page.mouse.wheel(0, -300)], ["key", () => page.keyboard.press("ArrowLeft")], ["button", () => page.getByRole("button", {name: "Zoom out"}).click()]]) {
    await page.locator("#map .stage").focus();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await action();
    let same = true;
    for (let i = 0; same && i < 20; i++) {
      await page.waitForTimeout(200);
      same = before.equals(await page.locator("#map canvas").first().screenshot());
    }
    must(!same, fault, `the ${what} does nothing`);
  }
  for (const label of ["Projection", "Color by"]) {
    const select = page.locator("#map").getByLabel(label);
    for (let i = (await select.count()) ? await select.locator("option").count() - 1 : 0; i > 0; i--) {
      await select.selectOption({index: i});
      await page.waitForTimeout(400);
      await shot(`${label.split(" ")[0].toLowerCase()}-${i}`);
    }
  }
  say(`${content.points} points`);
}

// mapSpeed: frames a second while the map of many points is dragged and zoomed, in
// the best of several seconds, since other work on the machine may take turns. The
// events come one a frame, from the page itself: those of the driver are slower.
export async function mapSpeed({page, fault, say}) {
  const box = await openMap(page);
  const {map: {points}} = await data(page);
  must(points >= 100000, fault, `${points} points, want 100,000`);
  const middle = {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2};
  for (const what of ["panning", "zooming"]) {
    await page.mouse.move(middle.clientX, middle.clientY);
    await page.locator("#map .stage").focus();
    if (what === "panning") await page.mouse.down();
    const rates = [];
    for (let i = 0; i < 3 || (i < 10 && Math.max(...rates) <= 30); i++) rates.push(await page.evaluate(framesInASecond, {what, middle}));
    if (what === "panning") await page.mouse.up();
    const best = Math.max(...rates);
    must(best > 30, fault, `${best.toFixed(0)} frames a second while ${what}`);
    say(`${best.toFixed(0)} frames/s ${what}`);
  }
}

// framesInASecond runs in the page: it moves the map once a frame and counts how
// often it is drawn.
function framesInASecond({what, middle}) {
  const stage = document.querySelector("#map .stage");
  const put = CanvasRenderingContext2D.prototype.putImageData;
  let drawn = 0, i = 0, begin;
  CanvasRenderingContext2D.prototype.putImageData = function (...a) { drawn++; return put.apply(this, a); };
  return new Promise((done) => {
    const step = (now) => {
      begin ??= now;
      if (now - begin > 1000) {
        CanvasRenderingContext2D.prototype.putImageData = put;
        done(1000 * drawn / (now - begin));
        return;
      }
      i++;
      if (what === "zooming") stage.dispatchEvent(new WheelEvent("wheel", {...middle, deltaY: i % 30 < 15 ? -40 : 40, bubbles: true, cancelable: true}));
      else stage.dispatchEvent(new PointerEvent("pointermove", {pointerId: 1, clientX: middle.clientX + 200 * Math.sin(i / 9), clientY: middle.clientY + 100 * Math.cos(i / 7), bubbles: true}));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

// escaped is how a name is shown: with escapes for what is not seen.
const escaped = (name) => name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) =>
  c === "\n" || c === "\t" ? c : c < "\x80" ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

// names are shown as they are, but for what is not seen, and run nothing.
export async function names({page, fault, say}) {
  const {picks: all, title} = await data(page);
  must(await page.title() === title.trim().replace(/\s+/g, " "), fault, `the title is ${await page.title()}`);
  must(await textOf(page, "h1") === title, fault, `the heading is ${await textOf(page, "h1")}`);
  const shown = await page.locator("#gallery .pick .name bdi").allTextContents();
  const ids = new Set(all.map((p) => escaped(p.image_id)));
  const strange = shown.filter((name) => !ids.has(name));
  must(shown.length && !strange.length, fault, `shown as ${strange[0]}`);
  must(await page.locator("script").count() === 2, fault, "there is another script");
  must(await page.locator("img:not([data-picture])").count() === 0, fault, "there is a strange image");
  say(`${shown.length} names as they are`);
}

// jumps: nothing moves by itself while one scrolls through the page.
export async function jumps({page, fault, say}) {
  await page.evaluate(() => {
    window.shift = 0;
    new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) {
      window.shift += e.value;
      window.shifted = e.sources.map((s) => `${s.node?.nodeName}.${s.node?.className} ${JSON.stringify(s.previousRect)} to ${JSON.stringify(s.currentRect)}`);
    } }).observe({type: "layout-shift", buffered: true});
  });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < Math.min(height, 30000); y += 600) {
    await page.evaluate((to) => scrollTo({top: to, behavior: "instant"}), y);
    await page.waitForTimeout(30);
  }
  const shift = await page.evaluate(() => window.shift);
  const after = await page.evaluate(() => document.documentElement.scrollHeight);
  const moved = await page.evaluate(() => (window.shifted || []).join("; "));
  must(shift < 0.1, fault, `layout shift ${shift}, at last of ${moved}`);
  say(`layout shift ${shift.toFixed(4)}, height ${height} and ${after} px`);
}

// lands: the first click on a link, and the address that the page is opened with,
// bring a section to the top of the window, though nothing above it was drawn yet.
export async function lands({page, fault, say}) {
  const url = page.url();
  const off = async (section) => page.evaluate((id) => {
    const top = document.getElementById(id).getBoundingClientRect().top - parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
    return scrollY + innerHeight >= document.documentElement.scrollHeight - 1 && top > 0 ? 0 : top;
  }, section);
  let worst = 0;
  for (const section of ["gallery", "grade", "map", "model", "provenance"]) {
    for (const how of ["click", "address"]) {
      await page.goto("about:blank");
      await page.goto(how === "click" ? url : `${url}#${section}`);
      if (how === "click") await page.locator(`.bar nav a[href="#${section}"]`).evaluate((a) => a.click());
      await page.waitForTimeout(1500);
      let px = Math.abs(await off(section));
      for (let i = 0; px > 4 && i < 3; i++) { // other pages are open beside it
        await page.waitForTimeout(500);
        px = Math.abs(await off(section));
      }
      worst = Math.max(worst, px);
      must(px <= 4, fault, `${section} by ${how}: ${px.toFixed(0)} px off`);
    }
  }
  say(`within ${worst.toFixed(1)} px`);
}

// faultless: axe finds nothing serious.
async function faultless(page, axe, at, fault) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run({resultTypes: ["violations"]}));
  for (const v of result.violations) {
    if (["serious", "critical"].includes(v.impact)) fault(`axe, ${at}: ${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
  return result.violations;
}

// looks: screenshots of every section, nothing wider than the window, no fault.
export async function looks({page, fault, say, shot, axe}) {
  await page.waitForTimeout(300);
  const over = async () => await page.evaluate(() => document.documentElement.scrollWidth) - page.viewportSize().width; // a small window grows with the page
  for (const section of ["summary", "gallery", "grade", "map", "model", "provenance"]) {
    await page.locator(`#${section}`).evaluate((s) => s.scrollIntoView({behavior: "instant"}));
    await page.waitForTimeout(section === "map" ? 900 : 300);
    await shot(section);
    if (section === "grade") {
      await page.evaluate(() => scrollBy({top: innerHeight * 0.85, behavior: "instant"}));
      await page.waitForTimeout(200);
      await shot("grade-2");
    }
    if (section === "gallery") await page.evaluate(() => scrollBy({top: innerHeight, behavior: "instant"})).then(() => page.waitForTimeout(300)).then(() => shot("gallery-2"));
  }
  must(await over() <= 0, fault, `the page is ${await over()} px wider than the window`);
  const rest = (await faultless(page, axe, "page", fault)).filter((v) => !["serious", "critical"].includes(v.impact)).map((v) => `${v.impact} ${v.id}`);
  const tile = page.locator("#gallery .pick .open").first();
  if (await tile.count()) {
    await tile.click();
    await page.waitForTimeout(300);
    await shot("dialog");
    await faultless(page, axe, "dialog", fault);
    must(await page.locator("#why").evaluate((d) => d.scrollWidth <= d.clientWidth), fault, "the dialog is wider than the window");
  }
  say(rest.length ? `axe: ${rest.join(", ")}` : "axe: nothing");
}

// theme: the switch turns the page dark and back.
export async function theme({page, fault}) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole("button", {name: "Switch to the dark theme"}).click();
  const dark = await paper();
  must(light !== dark, fault, "the switch changes nothing");
  await page.getByRole("button", {name: "Switch to the light theme"}).click();
  must(await paper() === light, fault, "the switch does not change back");
}

// printed returns the page as PDF.
export async function printed({page, fault, say}) {
  await page.waitForFunction(() => [...document.querySelectorAll("img[data-picture]")].every((i) => i.getAttribute("src")), null, {timeout: 30000});
  const pdf = await page.pdf({format: "A4", printBackground: false, preferCSSPageSize: true});
  must(pdf.subarray(0, 5).toString() === "%PDF-", fault, "no PDF");
  const pages = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) || []).length;
  say(`${pages} pages`);
  return pdf;
}
