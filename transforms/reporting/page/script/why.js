// Why this image: a dialog about one pick.

const dialog = byID("why");
let order = [];
let current = null;

// openPick shows a pick; the arrow keys move within the picks that are shown.
function openPick(pick) {
  order = visiblePicks();
  if (!order.includes(pick)) order = sets.find((s) => s.key === keyOf(pick)).picks;
  showPick(pick);
  if (!dialog.open) {
    dialog.showModal();
    document.documentElement.classList.add("modal");
  }
  dialog.scrollTop = 0;
}

function movePick(step) {
  const at = order.indexOf(current) + step;
  if (at < 0 || at >= order.length) return;
  const focused = document.activeElement && document.activeElement.dataset.move;
  showPick(order[at]);
  dialog.scrollTop = 0;
  const button = focused && dialog.querySelector(`[data-move="${focused}"]`);
  (button && !button.disabled ? button : byID("why-title")).focus();
  say(`Pick ${at + 1} of ${order.length}: ${current.image_id}`);
}

dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  const steps = {ArrowRight: 1, ArrowLeft: -1};
  if (event.key in steps) {
    event.preventDefault();
    movePick(steps[event.key]);
  }
});

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // outside its content
});

dialog.addEventListener("close", () => {
  document.documentElement.classList.remove("modal");
  const element = current && document.querySelector(`[data-pick="${current.index}"] .open`);
  if (element && element.offsetParent) {
    element.scrollIntoView({block: "nearest"});
    element.focus({preventScroll: true});
  }
});

function showPick(pick) {
  current = pick;
  const group = report.groups[pick.group];
  const at = order.indexOf(pick);
  const move = (step, text, name) => h("button.plain", {type: "button", "data-move": name, "aria-label": name,
    disabled: at + step < 0 || at + step >= order.length, onclick: () => movePick(step)}, text);
  dialog.replaceChildren(h("div.sheet", null,
    h("header", null,
      h("p.where", null, `${capital(groupName(group))}${pick.position ? `, ${positionOf(pick)}` : ""}, rank ${pick.rank}`, h("span", null, `${at + 1} of ${order.length}`)),
      h("div.moves", null, move(-1, "←", "Previous pick"), move(1, "→", "Next pick"),
        h("button.plain", {type: "button", onclick: () => dialog.close()}, "Close"))),
    h("h2", {id: "why-title", tabindex: -1}, h("bdi", null, pick.image_id), " ", copier(pick.image_id, `the id ${pick.image_id}`)),
    h("div.columns", null,
      h("div.looks", null, looks(pick, group)),
      h("div.reasons", null, reason(pick, group), distances(pick, group), company(pick), facts(pick)))));
}

// looks shows the image beside the center, and as the decoder sees it.
function looks(pick, group) {
  const small = [];
  const center = group.centers.find((c) => c.center === pick.center);
  if (center && center.picture >= 0) {
    small.push(thumb(center.picture, `Theoretical image: the decoded ${centerName(pick.center)}`,
      "Theoretical image, not data", `the ${centerName(pick.center)}, decoded`));
  }
  const again = report.model && (report.model.reconstructions || []).find((r) => r.image_id === pick.image_id);
  if (again) {
    small.push(thumb(again.decoded, `Reconstruction of ${pick.image_id}`, "Theoretical image, not data",
      `this image, encoded and decoded${again.mse === null ? "" : `; MSE ${figure(again.mse)}`}`));
  }
  const scale = report.reduction > 1 ? `shown at 1/${report.reduction} resolution` : "full resolution";
  return [h("figure.large", null, picture(pick.picture, `Picked image ${pick.image_id}`, {now: true}),
    h("figcaption", null, `The picked image, ${scale}. `, report.pictures[pick.picture]
      ? h("a", {href: report.pictures[pick.picture], download: downloadName(pick)}, "Save the picture") : null)),
  h("div.scale", null, contrastSwitch(), scaleNote()),
  small.length ? h("div.thumbs", null, small) : null];
}

const downloadName = (pick) => pick.image_id.replace(/^.*\//, "").replace(/\.[^.]*$/, "") + ".png";

// reason is why the image was picked, in a sentence or two.
function reason(pick, group) {
  const center = `the ${centerName(pick.center)} of ${groupName(group)}`;
  const text = [`At a ${metricName(pick.metric)} of ${figure(pick.distance)} from ${center}` + (pick.percentile === null ? "; how many of its images lie at most this far was not counted."
    : `: ${figure(pick.percentile)}${NBSP}% of its ${plural(group.size, "image", "images")} lie at most this far.`)];
  if (pick.next && pick.margin !== null) {
    text.push(pick.margin >= 0 ? `The next candidate lies ${figure(pick.margin)} farther.` : `The next candidate lies ${figure(-pick.margin)} nearer.`);
  } else if (pick.position) {
    text.push(positionText(pick, group));
  } else if (sampled) {
    text.push(sampled);
  } else if (pick.margin === null) {
    text.push("There was no further candidate.");
  }
  if (weighed([pick])) {
    const images = imagesOf(pick.scope), own = Math.round(pick.weight * images);
    text.push(`It stands for ${shareOf(pick.weight, images)} images: ${own === 1 ? "the one" : `the ${count(own)}`} that no other pick is nearer to.`);
  }
  if (report.parameters.picking.candidates === "middle") {
    text.push("Only images in the middle of their group in every quality column could be picked for their distance.");
  }
  if (pick.rank_high > 0) {
    const to = pick.rank_low === pick.rank_high ? `rank ${pick.rank_low}` : `a rank from ${count(pick.rank_low)} to ${count(pick.rank_high)}`;
    text.push(`In 95${NBSP}% of bootstrap samples of the collection it has ${to}${pick.position ? " by distance" : ""}.`);
  }
  return [h("p.reason", null, text.join(" ")), flagLine(pick)];
}

// positionText says which position among the distances of its group an image was picked for.
function positionText(pick, group) {
  const spread = spreadOf(pick, group) || {};
  const quarter = (p, at) => `It was picked for its position: ${p}${NBSP}% of the ${plural(spread.inliers, "image", "images")} of the group that are no outliers lie at most ${figure(at)} away, and it lies at that distance or next to it.`;
  switch (pick.position) {
    case "typical": return "It was picked as typical, for being nearest to the center.";
    case "25%": return quarter(25, spread.p25);
    case "75%": return quarter(75, spread.p75);
    case "extreme": return `It was picked as extreme, for being farthest of those that are no outliers${spread.fence ? `, which lie beyond ${figure(spread.fence)}` : ""}.`;
    default: return `It is one of ${plural(spread.outliers, "outlier", "outliers")} of the group: it lies beyond ${figure(spread.fence)}, the upper fence of its distances.`;
  }
}

// distances shows where the pick lies among all images of its group.
function distances(pick, group) {
  const histogram = report.histograms[pick.histogram];
  if (!histogram) return missing("The distances of the group’s images are not in this report.");
  const marks = [{at: pick.distance, kind: "mark"}];
  if (pick.next) marks.push({at: pick.next.distance, kind: "runner"});
  return h("figure.plotted", null,
    histogramPlot(histogram, metricName(pick.metric), `Distances of the images of ${groupName(group)}, from ${range(histogram.low, histogram.high)}; this pick at ${figure(pick.distance)}`, marks),
    h("figcaption", null, `Distances of all images of the group to the ${centerName(pick.center)}. Solid line: this pick`, pick.next ? "; dashed: the runner-up." : "."));
}

// company shows the runner-up and the nearest other images.
function company(pick) {
  const parts = [];
  if (pick.next) {
    parts.push(h("div", null, h("h3", null, "Runner-up"),
      h("div.thumbs", null, thumb(pick.next.picture, `Runner-up ${pick.next.image_id}`, h("bdi", null, pick.next.image_id), `${figure(pick.next.distance, 4)} from the center`))));
  }
  const near = pick.neighbours || [];
  if (near.length) {
    parts.push(h("div", null, h("h3", null, "Nearest images in the collection"),
      h("div.thumbs", null, near.map((n) => thumb(n.picture, `Neighbor ${n.image_id}`, h("bdi", null, n.image_id), `${figure(n.distance)} from this image`)))));
  }
  return parts.length ? h("div.others", null, parts) : null;
}

// facts is where the image is and what is known about it.
function facts(pick) {
  return pairs([
    ["Label", pick.label],
    ...report.metadata.map((column, i) => [capital(columnName(column)), pick.metadata[i]]),
    ["Cluster", pick.cluster],
    ["Reconstruction error (MSE)", pick.mse === null || pick.mse === undefined ? null : figure(pick.mse)],
    ["Shard, record, byte offset", `${count(pick.shard)}, ${count(pick.record)}, ${count(pick.offset)}`],
    ["SHA-256 of the pixels", pick.sha256 ? h("span.hash", null, pick.sha256, " ", copier(pick.sha256, "the hash")) : null],
  ].filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

