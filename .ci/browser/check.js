// Opens reports in Chromium, from disk, and checks that they work:
//
//   node check.js --output=FOLDER [--large=REPORT] [--figures=FOLDER,FOLDER] REPORT…
//
// Fails on any console error, any request but for the page and data inside it, any
// serious accessibility fault and anything below that does not hold. Screenshots
// and the printed page go to FOLDER. The report of --large has also to be fast. Of the
// folders of --figures the preview is opened, and each module in a host of its own.
import {execFileSync} from "node:child_process";
import {mkdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {basename, dirname, join, resolve} from "node:path";
import {pathToFileURL} from "node:url";
import {chromium} from "playwright-core";
import * as checks from "./checks.js";
import * as controls from "./controls.js";

const options = Object.fromEntries(process.argv.slice(2).filter((a) => a.startsWith("--")).map((a) => a.slice(2).split(/=(.*)/s)));
const reports = process.argv.slice(2).filter((a) => !a.startsWith("--"));
if (options.large) reports.push(options.large);
const folders = (options.figures || "").split(",").filter(Boolean);
if (!options.output || !(reports.length || folders.length)) {
  console.error("usage: node check.js --output=FOLDER [--large=REPORT] [--figures=FOLDER,FOLDER] REPORT…");
  process.exit(2);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = options.browser || execFileSync("sh", ["-c", "command -v chromium || command -v chromium-browser || command -v google-chrome"], {encoding: "utf8"}).trim();
const launch = () => chromium.launch({executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-first-run"]});

let failures = 0;

// visit opens a report in a fresh window and runs a check; whatever the page
// complains about or asks for is a failure of it.
async function visit(browser, {report, shots, name, window, check, within = ["data:"]}) {
  const begin = Date.now();
  const context = await browser.newContext({colorScheme: "light", ...window});
  const page = await context.newPage();
  const faults = [];
  const folder = dirname(pathToFileURL(report).href) + "/";
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) faults.push(`console: ${m.text()}`); });
  page.on("pageerror", (e) => faults.push(`script: ${e.stack || e.message}`));
  page.on("dialog", (d) => { faults.push(`a dialog: ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => {
    const inside = within.some((kind) => r.url().startsWith(kind)) || (r.url().startsWith(folder) && ["document", "image"].includes(r.resourceType()));
    if (!inside) faults.push(`request: ${r.url().slice(0, 200)}`);
  });
  const said = [];
  try {
    await page.goto(pathToFileURL(report).href);
    const fault = (text) => faults.push(text);
    const shot = (at) => page.screenshot({path: join(shots, `${name}-${at}.png`)});
    await check({page, fault, say: (text) => said.push(text), shot, axe});
  } catch (error) {
    faults.push(String(error.stack || error));
    await page.screenshot({path: join(shots, `${name}-failed.png`)}).catch(() => {});
  }
  await context.close();
  failures += faults.length;
  console.log(`${faults.length ? "FAILED" : "ok"}  ${basename(shots)} ${name}${said.length ? ": " + said.join("; ") : ""} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  for (const f of faults) console.log(`    ${f}`);
}

const wide = {viewport: {width: 1440, height: 900}};
const narrow = {viewport: {width: 390, height: 844}, hasTouch: true, isMobile: true, deviceScaleFactor: 2};
const alone = [], beside = []; // what measures time has the machine for itself

for (const [i, file] of reports.entries()) {
  const report = resolve(file);
  const large = Boolean(options.large) && i === reports.length - 1;
  const shots = folderOf(report, basename(report, ".html") === "report" ? basename(dirname(report)) : basename(report, ".html"));
  const add = (name, window, check, list = beside) => list.push({report, shots, name, window, check});
  add("open", wide, (t) => checks.opens(t, large), alone);
  if (large) add("speed", wide, checks.mapSpeed, alone);
  add("filter", wide, checks.filters);
  add("pick", wide, checks.picks);
  add("contrast", wide, checks.contrast);
  add("controls", wide, controls.page);
  add("map", wide, checks.map);
  add("names", wide, checks.names);
  add("jumps", wide, checks.jumps);
  for (const [size, window] of [["1440", wide], ["390", narrow]]) {
    add(`${size}-lands`, window, checks.lands);
    for (const colorScheme of ["light", "dark"]) add(`${size}-${colorScheme}`, {...window, colorScheme}, checks.looks);
  }
  add("theme", wide, checks.theme);
  add("print", wide, async (t) => writeFileSync(join(shots, "printed.pdf"), await checks.printed(t)));
}
for (const folder of folders) {
  const manifest = JSON.parse(readFileSync(join(folder, "widgets.json"), "utf8"));
  const report = resolve(folder, "preview.html");
  const shots = folderOf(report, `figures-${basename(resolve(folder))}`);
  const add = (report, name, window, check) => beside.push({report, shots, name, window, check, within: ["data:", "blob:"]});
  for (const [size, window] of [["1440", wide], ["390", narrow]]) {
    for (const colorScheme of ["light", "dark"]) add(report, `${size}-${colorScheme}`, {...window, colorScheme}, (t) => controls.figures(t, manifest));
  }
  const host = join(shots, "host.html");
  writeFileSync(host, "<!doctype html><title>host</title><link rel=icon href=data:,><body>");
  for (const {name, module} of manifest.figures) {
    add(host, `host-${name}`, wide, (t) => controls.host(t, name, readFileSync(join(folder, module), "utf8")));
  }
}

// folderOf makes the folder of a report's pictures.
function folderOf(report, name) {
  const shots = join(resolve(options.output), name);
  mkdirSync(shots, {recursive: true});
  console.log(`${report}: ${(statSync(report).size / 1e6).toFixed(1)} MB`);
  return shots;
}

// visits makes all visits of a list, in browsers side by side; each has a clipboard of its own.
async function visits(list, browsers) {
  const left = list.values();
  await Promise.all(Array.from({length: browsers}, async () => {
    const browser = await launch();
    for (const v of left) await visit(browser, v);
    await browser.close();
  }));
}

await visits(alone, 1);
await visits(beside, 3); // most of a visit is waiting
console.log(failures ? `${failures} faults` : "all reports work");
process.exit(failures ? 1 : 0);
