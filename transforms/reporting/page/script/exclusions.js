// What could not be picked, and why, with examples to look at.

const reasonTitles = {
  constant: "Constant", foreground: "Next to empty", saturated: "Saturated", border: "Cut by the border",
  sharpness: "Out of focus", noise: "Noise or specks", mse: "Reconstruction outlier",
};

function exclusions() {
  const list = report.exclusions || [];
  const total = list.reduce((n, e) => n + e.count, 0);
  const block = h("div.block", null, h("h3", null, "Left out by the quality gate"));
  if (!total) {
    block.append(h("p", null, "No image was left out by the quality gate."));
  } else {
    block.append(h("p.caption", null, `${plural(total, "image", "images")} of ${count(report.images - (report.outside || 0))} were flagged. They stay in the latents and are never picked. Each example shows the figure that decided.`),
      scaleNote(), h("div.exclusions", null, list.filter((e) => e.count).map(exclusion)));
  }
  if (report.where) {
    block.append(h("p.caption", null, `${plural(report.outside || 0, "image", "images")} of ${count(report.images)} ${report.outside === 1 ? "does" : "do"} not satisfy the condition ${report.where}. They stay in the latents, are never picked, and count for nothing.`));
  }
  block.append(passedOver());
  return block;
}

function exclusion(e) {
  const bound = e.threshold === null || e.threshold === undefined ? "" : ` Threshold: ${e.below ? "below" : "above"} ${figure(e.threshold)}.`;
  return h("section.exclusion", null,
    h("h4", null, reasonTitles[e.reason] || e.reason, e.channel ? [" (channel ", h("bdi", null, e.channel), ")"] : null, h("span", null, plural(e.count, "image", "images"))),
    h("p", null, capital(e.meaning || ""), e.meaning && !/[.]$/.test(e.meaning) ? "." : "", bound),
    h("div.thumbs", null, (e.examples || []).map((x) =>
      thumb(x.picture, `Left out: ${x.image_id}`, h("bdi", null, x.image_id), figure(x.value)))));
}

// passedOver lists candidates that look like a pick.
function passedOver() {
  const rows = (report.pick_sets || []).flatMap((s) => (s.duplicates || []).map((d) => [d, s]));
  const near = (report.pick_sets || []).reduce((n, s) => n + (s.too_near || 0), 0);
  const parts = [];
  if (near) parts.push(h("p", null, `${plural(near, "candidate was", "candidates were")} passed over because they lie nearer to a pick than the asked-for distance.`));
  if (rows.length) {
    parts.push(h("details.more", null, h("summary", null, `${plural(rows.length, "candidate", "candidates")} passed over as near duplicates of a pick`),
      table("Near duplicates are passed over so that every pick shows something else.", ["Image", "Group", "Looks like", "Why", "Distance"],
        rows.slice(0, 200).map(([d, s]) => [h("bdi", null, d.image_id), s.scope === "global" ? "all" : d.group_id, h("bdi", null, d.of),
          d.reason === "pixels" ? "the same pixels" : "nearer than neighbors are", d.distance ? figure(d.distance) : "0"]), [4]),
      rows.length > 200 ? h("p.caption", null, `The first 200 of ${count(rows.length)}.`) : null));
  }
  return h("div", null, parts);
}

