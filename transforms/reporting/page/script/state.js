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
  representative: "It was picked because all picks together are near to every image and distributed as the images are, not for its distance.",
}[report.parameters.picking.strategy];

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

