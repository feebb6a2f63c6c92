// The report, and what the reader has chosen to see of it.

const report = JSON.parse(byID("report").textContent);

// What is empty may be null.
for (const name of ["metadata", "groups", "picks", "histograms", "pictures", "levels"]) report[name] ||= [];
for (const group of report.groups) group.centers ||= [];
if (report.map) for (const name of ["projections", "columns", "picks", "thumbnail_points"]) report.map[name] ||= [];

const keyOf = (x) => [x.scope, x.center, x.metric].join("\n");

// sets are the scopes, centers and metrics that images were picked by, in the
// order of the picks.
const sets = [];

for (const [index, pick] of report.picks.entries()) {
  pick.index = index;
  pick.metadata ||= [];
  pick.flags ||= [];
  pick.scope = report.groups[pick.group].scope;
  const key = keyOf(pick);
  let set = sets.find((s) => s.key === key);
  if (!set) sets.push(set = {key, scope: pick.scope, center: pick.center, metric: pick.metric, picks: []});
  set.picks.push(pick);
}

const graded = (report.grade && report.grade.sets) || [];
const gradeOf = (set) => graded.find((s) => keyOf(s) === set.key);

// sampled are the words for ways of picking that are not by the distance to a center: then
// there is no next candidate.
const sampled = {
  facility: "It was picked for what it adds to the images before it, which together stand for a sample of the group.",
  range: "It was picked for its position among the distances of its group.",
  representative: "It was picked because all picks together are near to every image and distributed as the images are, not for its distance.",
}[report.parameters.picking.strategy];

// ranged tells that picks show how far groups reach; positionOf says at which position
// among the distances one is.
const ranged = report.parameters.picking.strategy === "range";
const positionNames = {"25%": `25${NBSP}%`, "75%": `75${NBSP}%`};
const positionOf = (pick) => positionNames[pick.position] || pick.position;

// spreadOf says how the distances of a group spread, of which a set has picks.
function spreadOf(set, group) {
  const found = (report.pick_sets || []).find((s) => keyOf(s) === keyOf(set)) || {};
  return (found.spreads || []).find((s) => s.group_id === group.id);
}

// imagesOf is the number of images that the weights of picks are shares of.
const imagesOf = (scope) => ((report.scopes || []).find((s) => s.scope === scope) || {images: report.eligible}).images;

// weighed reports whether picks have weights: those of earlier versions have none.
const weighed = (picks) => picks.length > 0 && picks.every((p) => p.weight !== null && p.weight !== undefined);

const weightOf = (picks) => picks.reduce((sum, p) => sum + p.weight, 0);

// beyond says which images the weights are no shares of.
function beyond(scope) {
  const own = (report.scopes || []).find((s) => s.scope === scope) || {};
  const outside = report.outside || 0;
  const parts = [
    [report.images - report.eligible - outside, "left out by the quality gate"],
    [own.ungrouped || 0, `in no group (${columnName(scope).split("*").filter((part) => part !== "cluster").join("*")} is not known)`],
    [outside, "outside the condition"],
  ].filter(([n]) => n > 0).map(([n, text]) => `${count(n)} ${text}`);
  if (!parts.length) return "There are no other images.";
  return `Beside these there are ${parts.length > 1 ? parts.slice(0, -1).join(", ") + " and " : ""}${parts.at(-1)}.`;
}

// chosen is the set that gallery, grade card and map show.
let chosen = sets[0];

const setListeners = [];

// onSet calls a function now and whenever another set is chosen.
function onSet(listener) {
  setListeners.push(listener);
  if (chosen) listener(chosen);
}

function chooseSet(key) {
  const set = sets.find((s) => s.key === key);
  if (!set || set === chosen) return;
  chosen = set;
  for (const listener of setListeners) listener(set);
  say(`Showing ${setName(set)}`);
}

// setChooser makes a select that follows the others; with one set it is a text.
function setChooser() {
  if (sets.length < 2) return null;
  const label = choice("Picks by", sets.map((s) => [s.key, setName(s)]), chosen.key, chooseSet);
  onSet((set) => { label.lastChild.value = set.key; });
  return label;
}

