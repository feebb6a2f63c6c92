// Provenance: what the report was made from, and how to make it again.

function provenance() {
  const p = report.provenance;
  const hashes = (p.hashes || []).map((x) => [x.name, h("span.hash", null, x.value, " ", copier(x.value, `the hash of ${x.name}`))]);
  const parts = [
    (p.counts || []).length ? h("div.block", null, table("Counts: every total is the sum of its parts.", ["Step", "Total", "Images", "Parts"],
      p.counts.map((c) => [c.step, c.total.name, count(c.total.images), c.parts.map((x) => `${count(x.images)} ${x.name}`).join(" + ")]), [2])) : null,
    !p.methods ? null : h("div.block", null, h("h3", null, "Methods"), h("p.caption", null, "To quote in a paper."),
      h("blockquote", null, p.methods), copier(p.methods, "the methods paragraph", "Copy the methods paragraph")),
    references(p),
    commands(p),
    hashes.length ? h("div.block", null, h("h3", null, "SHA-256"), pairs(hashes)) : null,
    named("Settings", p.settings), named("Versions", p.versions),
  ];
  const there = parts.filter(Boolean);
  bodyOf("provenance").append(...(there.length ? there : [missing("The report does not say how the selection was made.")]));
}

function named(title, list) {
  if (!list || !list.length) return null;
  return h("div.block", null, h("h3", null, title), pairs(list.map((x) => [x.name, x.value])));
}

function references(p) {
  const list = p.references || [];
  if (!list.length) return null;
  return h("div.block", null, h("h3", null, "References"),
    h("ol.references", null, list.map((r) => h("li", null, r.text, " ", r.url ? h("a", {href: r.url, rel: "noreferrer"}, r.url.replace(/^https?:\/\//, "")) : null,
      r.for ? h("span.for", null, ` For ${r.for}.`) : null))),
    p.bibtex ? h("a.button", {download: "selection.bib", href: "data:application/x-bibtex;charset=utf-8," + encodeURIComponent(p.bibtex)}, "Save selection.bib") : null);
}

function commands(p) {
  const list = p.commands || [];
  if (!list.length) return null;
  return h("div.block", null, h("h3", null, "Commands to repeat it"), h("pre", {tabindex: 0}, h("code", null, list.join("\n"))), copier(list.join("\n"), "the commands", "Copy the commands"));
}

