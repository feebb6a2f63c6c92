// Summary: the computed sentence, what a reader must know, and the counts.

function summary() {
  const parts = [];
  const judged = report.verdict || {sets: [], points: []};
  const sentences = judged.sets.filter((s) => s.sentence);
  parts.push(h("p.lead", null, sentences.length ? sentences[0].sentence : `${plural(report.picked, "image", "images")} of ${count(report.eligible)} picked.`));
  if (sentences.length > 1) {
    const others = sentences.slice(1);
    parts.push(h("p.lead-set", null, `Picked by ${setName(sentences[0])}.`),
      h("details.others", null, h("summary", null, others.length === 1 ? "The other set of picks" : `The other ${count(others.length)} sets of picks`),
        h("ul", null, others.map((s) => h("li", null, h("strong", null, `${capital(setName(s))}. `), s.sentence)))));
  }
  parts.push(verdictPoints(judged.points, judged.clear), figures(), reconciled(), beside());
  bodyOf("summary").append(...parts.filter(Boolean));
}

// verdictPoints lists all that is to be known, alarms first, each with a way to what it is
// about. "No alarms" stands there only where
// there is none, with what was measured.
function verdictPoints(list, clear) {
  const alarms = list.filter((p) => p.alarm), notes = list.filter((p) => !p.alarm);
  const entry = (p) => h("li", null, pointText(p), " ", pointLink(p));
  const parts = [];
  if (alarms.length) {
    parts.push(h("div.findings.alarm", null, h("h2", null, `${plural(alarms.length, "thing", "things")} to know before using these picks`),
      h("ul", null, alarms.map(entry))));
  } else if (clear) {
    parts.push(h("div.findings", null, h("h2", null, "No alarms"), h("p", null, clear)));
  }
  if (notes.length) parts.push(h("div.findings", null, h("h2", null, alarms.length ? "Also to be known" : "To be known"), h("ul", null, notes.map(entry))));
  return parts.length ? h("div", null, parts) : null;
}

function pointText(point) {
  const text = capital(point.text).replace(/[.]?$/, ".");
  if (sets.length < 2 || !point.metric) return text;
  return [h("span.about", null, capital(setName(point)) + ": "), text];
}

// pointLink leads to the group or the part of the grade card that it is about.
function pointLink(finding) {
  if (finding.group) {
    const index = report.groups.findIndex((x) => x.scope === finding.scope && x.id === finding.group);
    if (index >= 0 && report.picks.some((p) => p.group === index)) {
      return h("a", {href: "#gallery", onclick: (event) => { event.preventDefault(); showGroup(index); }}, "See its picks");
    }
  }
  if (finding.kind === "model") return h("a", {href: "#model"}, "See the model");
  if (finding.kind === "hands") return h("a", {href: "#provenance"}, "See the settings");
  if (!finding.metric && !finding.scope) return null;
  const key = keyOf(finding);
  return h("a", {href: "#grade", onclick: () => chooseSet(key)}, "See the figures");
}

// figures are the sizes of the collection and of the selection.
function figures() {
  const rate = report.eligible ? report.picked / report.eligible : 0;
  return h("dl.figures", null, [
    ["images", count(report.images)],
    report.where ? ["with " + report.where, count(report.images - (report.outside || 0)), "the selection is of these"] : null,
    ["passed the quality gate", count(report.eligible)],
    ["picked", count(report.picked), report.eligible ? `${percent(rate, 2)} of these` : ""],
    ["latent dimensions", count(report.dimension)],
    report.shape ? ["an image", report.shape.split(",")[0].replace("x", "×"), report.shape.split(",").slice(1).join(",").trim()] : null,
  ].filter(Boolean).map(([name, value, note]) =>
    h("div", null, h("dt", null, name), h("dd", null, value, note ? h("small", null, note) : null))));
}

// reconciled writes every total with its parts, and says where they do not add up.
function reconciled() {
  const list = report.provenance.counts || [];
  if (!list.length) return null;
  return h("div.reconciled", null, h("h3", null, "Every image accounted for"),
    h("ul", null, list.map((c) => {
      const sum = c.parts.reduce((n, part) => n + part.images, 0);
      const parts = c.parts.map((part) => `${count(part.images)} ${part.name}`).join(" + ");
      return h("li", null, h("span.step", null, c.step), h("span", null, `${count(c.total.images)} ${c.total.name} = ${parts}`,
        sum === c.total.images ? null : h("strong", null, ` These do not add up: the parts are ${count(sum)}.`)));
    })));
}

// beside lists files beside the page.
function beside() {
  const list = report.beside || [];
  if (!list.length) return null;
  return h("p.beside", null, "Beside this page: ", list.map((file, i) => [i ? ", " : "", h("a", {href: file.value}, file.name)]), ".");
}

