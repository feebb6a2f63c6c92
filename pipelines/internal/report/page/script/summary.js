// Summary: the computed sentence, what a reader must know, and the counts.

function summary() {
  const parts = [];
  const sentences = graded.filter((s) => s.sentence);
  if (sentences.length) {
    parts.push(h("p.lead", null, sentences[0].sentence));
    const others = sentences.slice(1);
    if (sentences.length > 1) parts.push(h("p.lead-set", null, `Picked by ${setName(sentences[0])}.`));
    if (others.length) {
      parts.push(h("details.others", null, h("summary", null, others.length === 1 ? "The other set of picks" : `The other ${count(others.length)} sets of picks`),
        h("ul", null, others.map((s) => h("li", null, h("strong", null, `${capital(setName(s))}. `), s.sentence)))));
    }
  } else {
    const why = report.grade && report.grade.reason;
    parts.push(h("p.lead", null, `${plural(report.picked, "image", "images")} of ${count(report.eligible)} picked.`),
      missing(why ? `The picks are not graded: ${why}.` : "The picks are not graded: the selection holds no grade."));
  }
  parts.push(findings(), figures(), reconciled(), beside());
  bodyOf("summary").append(...parts.filter(Boolean));
}

// findings lists the alarms in plain words, each with a way to what it is about.
function findings() {
  const list = (report.grade && report.grade.findings) || [];
  if (!report.grade || report.grade.reason) return null;
  if (!list.length) {
    return h("div.findings", null, h("h2", null, "No alarms"),
      h("p", null, "The picks were checked for blanks, outliers, over-represented batches, crowding in few clusters, " +
        "centres that lie where no image is, and clusters that depend on the seed. None was found."));
  }
  return h("div.findings.alarm", null,
    h("h2", null, `${plural(list.length, "thing", "things")} to know before using these picks`),
    h("ul", null, list.map((f) => h("li", null, findingText(f), " ", findingLink(f)))));
}

function findingText(finding) {
  const text = capital(finding.text) + ".";
  if (sets.length < 2 || !finding.metric) return text;
  return [h("span.about", null, capital(setName(finding)) + ": "), text];
}

// findingLink leads to the group or the part of the grade card that it is about.
function findingLink(finding) {
  if (finding.group) {
    const index = report.groups.findIndex((x) => x.scope === finding.scope && x.id === finding.group);
    if (index >= 0 && report.picks.some((p) => p.group === index)) {
      return h("a", {href: "#gallery", onclick: (event) => { event.preventDefault(); showGroup(index); }}, "See its picks");
    }
  }
  const key = keyOf(finding);
  return h("a", {href: "#grade", onclick: () => chooseSet(key)}, "See the figures");
}

// figures are the sizes of the collection and of the selection.
function figures() {
  const rate = report.eligible ? report.picked / report.eligible : 0;
  return h("dl.figures", null, [
    ["images", count(report.images)],
    ["left by the quality gate", count(report.eligible)],
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

