// Gallery: the picks of a set by group, in rank order, beside the group's center.

const filters = {group: "", rank: "", label: "", flag: "", text: "", metadata: report.metadata.map(() => "")};
let tiles = [];
let galleryGroups = [];

function gallery() {
  const body = bodyOf("gallery");
  if (!sets.length) {
    body.append(missing("The selection holds no picks."));
    return;
  }
  body.append(h("p.caption", null,
    "Each row is a group. On its left is its center put through the decoder: a theoretical image, not data. Then come its picks, real images, in rank order. " +
    (ranged ? `They show how far the group reaches: typical are the nearest to the center; 25${NBSP}% and 75${NBSP}% are those up to whose distance a quarter and three quarters of its inliers lie; extreme are the farthest inliers. Outliers stand apart: images beyond the upper fence of the distances, Q3 + 1.5 (Q3 − Q1) of their quartiles${report.parameters.metrics.includes("cosine") ? ", by cosine of those of their square roots" : ""}. ` : "") +
    "Below a pick: its rank and distance to the center; the percentile (the share of the group’s images that lie at most this far) and the margin, how much farther the next candidate lies, where picks are the nearest; the share of the images that it stands for; its name. " +
    "Click a pick for full resolution and for why it was picked."));
  const bar = h("div.toolbar", {role: "search", "aria-label": "Filter the picks"});
  const holder = h("div.groups");
  const standing = h("p.caption", {id: "standing"});
  body.append(bar, scaleNote(), h("p.shown", {id: "shown"}), standing, holder, reductionNote());
  onSet((set) => {
    Object.assign(filters, {group: "", rank: "", label: "", flag: "", text: ""});
    filters.metadata.fill("");
    holder.replaceChildren();
    tiles = [];
    const groups = groupsOf(set);
    const large = groups.every(([, picks]) => picks.length <= 5);
    holder.classList.toggle("large", large);
    holder.classList.toggle("many", set.picks.length > 300); // rows far from the screen are then not laid out
    galleryGroups = groups.map(([index, picks]) => groupView(index, picks, large ? 208 : 152));
    holder.classList.toggle("single", galleryGroups.every((x) => x.tiles.length === 1));
    holder.append(...galleryGroups.map((x) => x.element));
    standing.hidden = !weighed(set.picks);
    standing.textContent = `A pick stands for the images that no other of these picks is nearer to: shares of ${plural(imagesOf(set.scope), "image", "images")}. ${beyond(set.scope)}`;
    toolbar(bar, set);
    applyFilters();
  });
}

// reductionNote says at which scale the pictures are in the page.
function reductionNote() {
  const scale = report.reduction > 1
    ? `Pictures are embedded at 1/${report.reduction} of the resolution along each side (each pixel is the mean of ${report.reduction}×${report.reduction}).`
    : "Pictures have the full resolution of the images.";
  return h("p.caption", null, scale, report.linked ? " They lie beside this page, in the folder that it links to." : " They are inside this file.");
}

// groupsOf returns [group index, picks by rank] in the order of the groups.
function groupsOf(set) {
  const byGroup = new Map();
  for (const pick of set.picks) {
    if (!byGroup.has(pick.group)) byGroup.set(pick.group, []);
    byGroup.get(pick.group).push(pick);
  }
  for (const picks of byGroup.values()) picks.sort((a, b) => a.rank - b.rank);
  return [...byGroup].sort(([a], [b]) => a - b);
}

// groupView makes the row of a group; a pick takes about so many pixels from side
// to side.
function groupView(index, picks, side) {
  const group = report.groups[index];
  const center = group.centers.find((c) => c.center === chosen.center);
  const own = picks.map(tile);
  const view = h("article.group", {id: `group-${index}`, "aria-labelledby": `group-title-${index}`},
    h("header", null,
      h("h3", {id: `group-title-${index}`}, capital(groupName(group))),
      h("p", null, `${plural(group.size, "image", "images")}, ${percent(group.share)}${weighed(picks) ? `; ${picks.length === 1 ? "its pick stands" : "its picks stand"} for ${shareText(weightOf(picks))}` : ""}`)),
    h("div.row", null, centerView(center, group), h("ol.picks", null, own.filter((t) => t.pick.position !== "outlier").map((t) => t.element))),
    outliers(group, own.filter((t) => t.pick.position === "outlier")));
  // An estimate of the height, so that nothing jumps when a row is first drawn.
  const rows = Math.ceil(own.length / Math.max(1, Math.floor((Math.min(innerWidth, 1344) - side) / side)));
  view.style.containIntrinsicSize = `auto none auto ${Math.max(1, rows) * (side + 116) + 44}px`;
  tiles.push(...own);
  return {index, element: view, tiles: own};
}

// outliers are those of a group, apart from its other picks.
function outliers(group, own) {
  const spread = ranged && spreadOf(chosen, group);
  if (!spread) return null;
  if (!spread.outliers) {
    return h("p.caption", null, spread.fence ? `No image of the group is an outlier: none is farther than ${figure(spread.fence)} from the ${centerName(chosen.center)}.`
      : "No image of the group counts as an outlier: it has fewer than 8 images, or its distances have equal quartiles.");
  }
  return h("div.outliers", null,
    h("p.caption", null, `${plural(spread.outliers, "outlier", "outliers")} of ${plural(group.size, "image", "images")}, farther than ${figure(spread.fence)} from the ${centerName(chosen.center)}${own.length < spread.outliers ? `; ${plural(own.length, "is", "are")} shown, the farthest` : ""}:`),
    h("ol.picks", null, own.map((t) => t.element)));
}

function centerView(center, group) {
  const name = centerName(chosen.center);
  if (!center || center.picture < 0) {
    return h("figure.center", null, picture(-1),
      h("figcaption", null, h("span", null, `The ${name} has no picture: there is no decoder.`)));
  }
  return h("figure.center", null, picture(center.picture, `Theoretical image: the decoded ${name} of ${groupName(group)}`),
    h("figcaption", null, h("strong", null, "Theoretical image, not data"), h("span", null, `the ${name}, decoded`)));
}

// tile makes one pick.
function tile(pick) {
  const traits = [pick.label, ...pick.metadata.filter(Boolean)].filter((x) => x !== null && x !== undefined);
  const open = h("button.open", {type: "button", "aria-label": `Rank ${pick.rank}${pick.position ? `, ${positionOf(pick)}` : ""}, ${pick.image_id}: why this image${pick.picture < 0 ? " (no picture)" : ""}`,
    onclick: () => openPick(pick)}, picture(pick.picture, ""));
  const element = h("li.pick", {"data-pick": pick.index}, open,
    pick.position ? h("p.position", null, positionOf(pick)) : null,
    h("p.measures", null, h("span.rank", null, String(pick.rank)), h("span", {title: metricName(pick.metric)}, figure(pick.distance)),
      copier(pick.image_id, `the id ${pick.image_id}`)),
    h("p.measures.minor", null, h("span", {title: "percentile within the group"}, pick.percentile === null ? "–" : figure(pick.percentile) + NBSP + "%"),
      h("span", {title: "margin to the next candidate"}, pick.margin !== null ? `+${figure(pick.margin)}` : sampled ? "" : "last")),
    weighed([pick]) ? h("p.measures.minor", null, h("span", {title: "share of the images that no other pick is nearer to"}, shareOf(pick.weight, imagesOf(pick.scope)))) : null,
    h("p.name", {title: pick.image_id}, h("bdi", null, pick.image_id)),
    traits.length ? h("p.traits", {title: traits.join(", ")}, traits.join(", ")) : null,
    flagLine(pick));
  return {pick, element, text: [pick.image_id, ...traits].join("\n").toLowerCase()};
}

// flagLine names what is true of few picks; in red only what speaks against one.
const badFlags = new Set(["mixed group"]);
function flagLine(pick) {
  if (!pick.flags.length) return null;
  return h("p.flags", null, pick.flags.map((flag, i) => [i ? ", " : "", h(badFlags.has(flag) ? "span.bad" : "span", {title: flagMeanings[flag] || null}, flag)]));
}

const flagMeanings = {
  "asked for": "in the list of images that had to be picked",
  "kept": "a pick of the earlier selection that this one extends",
  "mixed group": "the center of its group lies between separate populations",
  "stands for duplicates": "images that look like it were passed over",
};

let rebuildToolbar = () => {};

// toolbar makes the filters for what occurs in a set.
function toolbar(bar, set) {
  const values = (of) => [...new Set(set.picks.flatMap(of).filter((v) => v !== null && v !== undefined && v !== ""))].sort();
  const any = (list, name = (v) => v) => [["", "all"], ...list.map((v) => [v, name(v)])];
  const filter = (label, list, value, changed, name) =>
    list.length > 1 || value ? choice(label, any(list, name), value, (v) => { changed(v); applyFilters(); }) : null;
  const text = h("input", {type: "search", placeholder: "part of a name", oninput: () => { filters.text = text.value.toLowerCase(); applyFilters(); }});
  const flags = values((p) => p.flags);
  const ranks = [...new Set(set.picks.map((p) => p.rank))].sort((a, b) => a - b);
  const build = () => {
    bar.replaceChildren(...[
      ...setToggles(set),
      filter("Group", galleryGroups.map((x) => String(x.index)), filters.group, (v) => { filters.group = v; }, (v) => capital(groupName(report.groups[v]))),
      ranks.length > 1 ? choice("Rank", any(ranks.map(String)), filters.rank, (v) => { filters.rank = v; applyFilters(); }) : null,
      filter("Label", values((p) => [p.label]), filters.label, (v) => { filters.label = v; }),
      ...report.metadata.map((column, i) =>
        filter(capital(columnName(column)), values((p) => [p.metadata[i]]), filters.metadata[i], (v) => { filters.metadata[i] = v; })),
      flags.length ? choice("Flag", any(flags), filters.flag, (v) => { filters.flag = v; applyFilters(); }) : null,
      h("label.choice", null, h("span", null, "Search"), text),
      contrastSwitch(),
      h("button.plain.reset", {type: "button", onclick: clearFilters}, "Show all"),
    ].filter(Boolean));
  };
  const focused = bar.contains(document.activeElement) ? document.activeElement.dataset.of : null;
  build();
  if (focused) bar.querySelector(`[data-of="${focused}"]:is(:checked, select)`)?.focus();
  rebuildToolbar = () => { text.value = ""; build(); };
}

// setToggles choose a set by its scope, its center and its metric, each where there are
// several; of those that there are not, the first that has the value just chosen.
function setToggles(set) {
  const parts = [["scope", "Scope", scopeName], ["center", "Center", centerName], ["metric", "Metric", (m) => metricAdjectives[m] || m]];
  return parts.map(([part, label, text]) => {
    const values = [...new Set(sets.map((s) => s[part]))];
    if (values.length < 2) return null;
    const take = (value) => {
      const wanted = {...set, [part]: value};
      chooseSet((sets.find((s) => keyOf(s) === keyOf(wanted)) || sets.find((s) => s[part] === value)).key);
    };
    const options = values.map((v) => [v, text(v)]);
    if (values.length <= 4) return toggle(label, options, set[part], take, {"data-of": part});
    const select = choice(label, options, set[part], take);
    select.lastChild.dataset.of = part;
    return select;
  });
}

function clearFilters() {
  Object.assign(filters, {group: "", rank: "", label: "", flag: "", text: ""});
  filters.metadata.fill("");
  rebuildToolbar();
  applyFilters();
}

function passes({pick, text}) {
  return (!filters.group || String(pick.group) === filters.group) &&
    (!filters.rank || String(pick.rank) === filters.rank) &&
    (!filters.label || pick.label === filters.label) &&
    (!filters.flag || pick.flags.includes(filters.flag)) &&
    (!filters.text || text.includes(filters.text)) &&
    filters.metadata.every((value, i) => !value || pick.metadata[i] === value);
}

// applyFilters hides the picks that do not pass, and says how many do.
function applyFilters() {
  let groups = 0, shown = 0;
  for (const view of galleryGroups) {
    let some = false;
    for (const t of view.tiles) {
      t.element.hidden = !passes(t);
      if (!t.element.hidden) { some = true; shown++; }
    }
    view.element.hidden = !some;
    if (some) groups++;
  }
  const all = report.groups.filter((g) => g.scope === chosen.scope).length;
  const text = shown === tiles.length
    ? `${plural(shown, "pick", "picks")} in ${groups < all ? `${count(groups)} of ` : ""}${plural(all, "group", "groups")}, ${pickedBy(chosen)}.`
    : `${count(shown)} of ${plural(tiles.length, "pick", "picks")} shown, in ${plural(groups, "group", "groups")}.`;
  const note = byID("shown");
  if (note) note.textContent = text;
  say(text);
}

// pickedBy says how the picks of a set were chosen: only the nearest ones by a center.
function pickedBy(set) {
  const by = metricName(set.metric);
  if (ranged) return `at positions among the distances to the ${centerName(set.center)} of each, by ${by}`;
  if (!sampled) return `by ${centerName(set.center)} and ${by}`;
  return report.parameters.picking.strategy === "facility" ? `spread over their groups by ${by}` : `representative of all groups together, by ${by}`;
}

// visiblePicks are the picks that pass the filters, in the order of the page.
const visiblePicks = () => tiles.filter((t) => !t.element.hidden).map((t) => t.pick);

// showGroup scrolls to a group, in a set that has picks of it.
function showGroup(index) {
  if (!chosen.picks.some((p) => p.group === index)) chooseSet(keyOf(report.picks.find((p) => p.group === index)));
  clearFilters();
  const view = byID(`group-${index}`);
  land(view);
  view.querySelector(".open").focus({preventScroll: true});
}

