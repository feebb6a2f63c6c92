// Grade card: how well the picks represent the collection, against random draws.

// measures of a space: what is measured, what it means, and which way is better.
const measures = [
  ["quantisation", "Quantization error", "mean squared distance of an image to the nearest pick", -1],
  ["radius_p50", "Coverage radius, median", "distance of an image to the nearest pick", -1],
  ["radius_p99", "Coverage radius, 99th percentile", "the same, of the worst-served images", -1],
  ["radius_max", "Coverage radius, largest", "the same, of the worst-served image", -1],
  ["coverage", "Coverage", "share of images with a pick nearer than their k-th neighbor; more is better", 1],
  ["mmd2", "MMD²", "squared maximum mean discrepancy between picks and images", -1],
  ["weighted_mmd2", "MMD², weighted", "the same, each pick counted as the share of the images that it stands for, and random ones likewise", -1],
  ["redundant", "Redundant picks", "share of picks nearer to another pick than most images to any other", -1],
  ["outliers", "Outliers", "share of picks farther from all images than 99 % of images are", -1],
];

const shares = new Set(["coverage", "redundant", "outliers"]);

function gradeCard() {
  const body = bodyOf("grade");
  const grade = report.grade;
  if (!grade) {
    body.append(missing("The selection was not graded."), exclusions());
    return;
  }
  if (grade.reason) body.append(missing(`The picks are not graded: ${grade.reason}.`));
  const holder = h("div");
  body.append(...[h("div.toolbar", null, setChooser()), holder, mixtures(grade), stability(grade), clusterChoice(), exclusions()].filter(Boolean));
  onSet((set) => holder.replaceChildren(...setGrade(gradeOf(set), grade).filter(Boolean)));
}

function setGrade(set, grade) {
  if (!set) return [missing("These picks have no grade.")];
  const spaces = set.spaces || [];
  const judged = ((report.verdict || {}).sets || []).find((s) => keyOf(s) === keyOf(set));
  const parts = [h("p.sentence", null, judged ? judged.sentence : set.sentence)];
  const reached = objective(set);
  if (reached) parts.push(reached);
  if (!spaces.length) return parts;
  parts.push(h("p.caption", null,
    `Every figure is measured on ${plural(grade.evaluated, "image", "images")}, for the ${plural(set.picks, "pick", "picks")} and for ${plural(grade.draws, "random selection", "random selections")} of as many images. ` +
    "The diamond is the picks, in gray are the random selections, and every range in brackets is theirs. Each strip has a scale of its own. Less is better for all but coverage."));
  parts.push(h("div.spaces", null, spaces.map((space) => spaceCard(space, grade, set))));
  const worst = criticisms((report.criticisms || [])[grade.sets.indexOf(set)] || [], set);
  if (worst) parts.push(worst);
  const tables = [groupTable(set), balance(set), bias(set), batches(set)].filter(Boolean);
  return [...parts, ...tables];
}

// objective says what the search for representative picks reached.
function objective(set) {
  const o = ((report.pick_sets || []).find((s) => keyOf(s) === keyOf(set)) || {}).objective;
  if (!o) return null;
  const words = (list) => list.map(columnName).join(", ").replace(/, ([^,]*)$/, " and $1");
  const shares = (f) => `error ${figure(f.error, 2)}, energy distance ${figure(f.energy, 2)}` + (o.columns ? ` and that of quality ${figure(f.quality || 0, 2)}` : "");
  return h("p.caption", null, `What was searched for, on ${plural(o.rows, "image", "images")} and as shares of what random images have: ${shares(o)}` +
    (o.without_balance ? `; without the balance ${shares(o.without_balance)}` : "") + `. 0 is perfect, 1 is chance` +
    (o.columns ? `; quality is ${words(o.columns)}.` : "; no quality column had a say."));
}

const spaceName = (space) => space.space === "raw" ? "Latents as encoded" : space.space === "whitened" ? "Whitened latents: all directions weighted alike"
  : space.space === "pixels" ? "Pixels, averaged and whitened, which no way of picking has seen" : capital(space.space) + " latents";

function spaceCard(space, grade, set) {
  const kept = space.space === "whitened" && grade.whitening ? `, ${percent(grade.whitening.variance)} of the variance` : "";
  return h("section.space", null, h("h3", null, spaceName(space)),
    h("p.dimension", null, `${plural(space.dimension, "dimension", "dimensions")}${kept}`),
    h("dl.headline", null,
      h("div", null, h("dt", null, "Skill"), h("dd", null, figure(space.skill.value, 2), h("small", null, `${range(space.skill.low, space.skill.high, 2)}; 1 − the error of the picks ÷ that of random images: 1 is perfect, 0 is chance`))),
      h("div", null, h("dt", null, "Worth in random images"), h("dd", null, bound(space.equivalent.random, 2 * space.equivalent.beyond >= grade.draws),
        h("small", null, randomRange(space.equivalent, grade.draws))))),
    h("ul.strips", null, measures.filter(([key]) => space[key]).map(([key, name, meaning, better]) => measure(space, key, name, meaning, better, set))));
}

// criticisms shows the images that the picks represent worst.
function criticisms(list, set) {
  if (!list.length) return null;
  const few = (x) => x.value > 0;
  return h("div.block", null, h("h3", null, "What the picks represent worst"),
    h("p.caption", null, `${plural(list.length, "image", "images")} of the sample at which the ${plural(set.picks, "pick differs", "picks differ")} most from the collection, chosen so that they are unlike each other. ` +
      "The figure is the witness function of the MMD: how like an image is to other images on average, less how like it is to the picks. Above 0 there are too few picks of its kind, below 0 too many."),
    scaleNote(), h("div.thumbs", null, list.map((x) => thumb(x.picture, `Represented badly: ${x.image_id}`, h("bdi", null, x.image_id),
      `${few(x) ? "too few picks" : "too many picks"}, ${few(x) ? "+" : ""}${figure(x.value, 2)}`))));
}

const bound = (n, more) => (more ? "more than " : "") + count(n);

// randomRange is the range over the draws, of which the largest are those that do not get
// there with all images that there are.
function randomRange(e, draws) {
  const low = bound(e.low, e.beyond >= draws), high = bound(e.high, e.beyond > 0);
  return low === high ? low : `${low} to ${high}`;
}

function measure(space, key, name, meaning, better, set) {
  const score = space[key];
  const show = shares.has(key) ? (v) => percent(v) : (v) => figure(v);
  const own = key === "mmd2" && space.mmd2_own;
  const note = key === "coverage" ? meaning.replace("k-th", `${ordinal(space.coverage_k)} nearest`)
    : own ? `${meaning}; its term of the images alone, the same for every set of picks, is ${figure(own.value)}, of ${plural(own.images, "image", "images")}, standard error ${figure(own.standard_error, 2)}` : meaning;
  return h("li", null, h("div.what", null, h("strong", null, name), h("span", null, note)),
    strip(score, name),
    h("div.read", null, h("strong", null, show(score.picks)), h("span", null, `random ${show(score.random)} (${show(score.low)} to ${show(score.high)})`),
      h("span.verdict", null, verdict(score, better), key === "mmd2" ? byDesign(score, better, set) : null)));
}

function ordinal(n) {
  const end = n % 100 >= 11 && n % 100 <= 13 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th";
  return n + end;
}

// verdict compares with the range of the random draws.
function verdict(score, better) {
  const above = score.picks > score.high, below = score.picks < score.low;
  if (!above && !below) return "within the random draws";
  return above === better > 0 ? "better than every draw" : "worse than every draw";
}

// byDesign says beside a bad figure that the way of picking makes it bad.
function byDesign(score, better, set) {
  if (!(report.equal || []).includes(set.scope) || !verdict(score, better).startsWith("worse")) return null;
  return " by design: small groups get as many picks as large ones, or nearly so";
}

// groupTable compares each group's picks with random images of that group.
function groupTable(set) {
  const spaces = set.spaces.filter((s) => (s.groups || []).length);
  if (!spaces.length) return null;
  const first = spaces[0].groups;
  const picks = (sets.find((s) => s.key === keyOf(set)) || {picks: []}).picks;
  const shown = weighed(picks);
  const share = (id) => shareOf(weightOf(picks.filter((p) => report.groups[p.group].id === id)), imagesOf(set.scope));
  const rows = first.map((group, i) => {
    const name = set.scope === "global" ? "all" : group.group;
    const head = [h("bdi", null, name), count(group.picks), ...(shown ? [share(group.group)] : []), count(group.evaluated)];
    if (group.reason) return [...head, ...spaces.map((_, k) => k ? "–" : h("small.reason-cell", null, group.reason)), "–", "–", "–"];
    return [...head, ...spaces.map((s) => skillText(s.groups[i])), figure(group.radius_p50), figure(group.radius_p99), figure(group.radius_max)];
  });
  const head = ["Group", "Picks", ...(shown ? ["They stand for"] : []), "Measured on", ...spaces.map((s) => `Skill, ${s.space}`), "Radius p50", "p99", "max"];
  return h("details.more", {open: rows.length <= 12}, h("summary", null, `Every group on its own (${rows.length})`),
    table("Skill of a group’s picks against random images of the group, with the range of the draws (1 is perfect, 0 chance, below 0 worse), and the distance of its images to the nearest of its picks, in the latents as encoded.",
      head, rows, head.map((_, i) => i).slice(1)));
}

const skillText = (group) => !group || group.reason ? "–" : [figure(group.skill.value, 2), h("small", null, ` ${range(group.skill.low, group.skill.high, 2)}`)];

function balance(set) {
  const list = set.balance || [];
  if (!list.length) return null;
  return h("div.block", null, h("h3", null, "Balance"),
    h("p.caption", null, "Total variation distance between the shares of a column’s values among the picks and among all images: 0 is the same shares, 1 is none in common. " +
      (list.some((b) => b.weighted) ? "Weighted: each pick is counted as the share of the images that it stands for, and random ones likewise." : "")),
    h("ul.strips", null, list.flatMap((b) => {
      const name = columnName(b.column), values = plural(b.values, "value", "values");
      if (b.reason) return [h("li", null, h("div.what", null, h("strong", null, name), h("span", null, values)), h("p.missing", null, `${capital(b.reason)}.`))];
      const plain = balanceOf(name, values, b.variation, byDesign(b.variation, -1, set));
      return b.weighted ? [plain, balanceOf(`${name}, weighted`, values, b.weighted, null)] : [plain];
    })));
}

function balanceOf(name, values, score, note) {
  return h("li", null, h("div.what", null, h("strong", null, name), h("span", null, values)), strip(score, `Balance of ${name}`),
    h("div.read", null, h("strong", null, figure(score.picks)), h("span", null, `random ${figure(score.random)} (${range(score.low, score.high)})`),
      h("span.verdict", null, verdict(score, -1), note)));
}

// directions are what picks with small and with large numbers in a column are.
const directions = {
  focus: ["more blurred", "sharper"],
  mse: ["easier to reconstruct", "harder to reconstruct"], sharpness: ["more blurred", "sharper"], mean: ["dimmer", "brighter"],
  foreground_fraction: ["smaller", "larger"], object_fraction: ["smaller", "larger"], saturated_fraction: ["less saturated", "more saturated"],
  border_fraction: ["less often at the edge", "more often at the edge"],
};

// bias asks whether the picks are as the images of their groups are.
function bias(set) {
  const list = [...set.bias || [], ...set.blur ? [set.blur] : []];
  const than = set.scope === "global" ? "the collection" : "their groups";
  const probability = (p) => p === 0 ? "< 10⁻³⁰⁰" : figure(p, 2);
  const found = (b) => {
    if (b.adjusted >= 0.01 || Math.abs(b.percentile.value - 50) < 2) return `as ${than}`;
    const high = b.percentile.value > 50 ? 1 : 0;
    const words = directions[b.channel ? b.column.replace(/_c\d+$/, "") : b.column];
    return h("strong", null, words ? words[high] : high ? "higher" : "lower");
  };
  const named = (b) => b.column === "focus" ? "focus, from the pixels, which no way of picking has seen"
    : columnName(b.column) + (b.channel ? ` (${b.channel})` : "");
  // Of channels most columns may have nothing to compare: one sentence for each reason.
  const idle = list.filter((b) => b.channel && b.reason);
  const reasons = [...new Set(idle.map((b) => b.reason))];
  return h("div.block", null, h("h3", null, "Bias"),
    list.length ? table(`Are the picks as ${than} ${set.scope === "global" ? "is" : "are"}? The mean percentile of random images is 50. 95 %: 1.96 standard errors of random picks on both sides. ` +
      "A p below 0.01, corrected for all columns (Holm), says that they are not.",
    ["Column", "Picks compared", "Mean percentile", "95 %", "p", "Corrected p", "Method", "The picks are"],
    list.filter((b) => !idle.includes(b)).map((b) => b.reason ? [named(b), "–", "–", "–", "–", "–", `${capital(b.reason)}.`, ""]
      : [named(b), count(b.picks), figure(b.percentile.value), range(b.percentile.low, b.percentile.high), probability(b.p), probability(b.adjusted), b.method, found(b)]),
    [1, 2, 3, 4, 5]) : missing("There are no columns of numbers, or an earlier version graded the picks."),
    ...reasons.map((reason) => h("p.caption", null, `${capital(reason)}: ${idle.filter((b) => b.reason === reason).map(named).join(", ")}.`)),
    set.blur || !list.length ? null : missing("Blur was not measured in the pixels, which no way of picking has seen: there were no shards to read, or an earlier version graded the picks."));
}

// batches asks whether the picks come from the batches as images do.
function batches(set) {
  const list = set.batches || [];
  const tests = list.filter((b) => !b.reason).length;
  return h("div.block", null, h("h3", null, "Batches"),
    list.length ? table("Do picks come from the batches of a column as often as images do? A small p says that they do not." +
      (tests > 1 ? ` With ${tests} tests, p is small below ${tick(0.01 / tests)}.` : ""),
    ["Column", "Values", "χ²", "Degrees of freedom", "p", "Method", "Most over-represented"],
    list.map((b) => b.reason ? [columnName(b.column), count(b.values), "–", "–", "–", b.reason, ""]
      : [columnName(b.column), count(b.values), figure(b.chi_square), count(b.freedom), b.p === 0 ? "< 10⁻³⁰⁰" : figure(b.p, 2), b.method,
        (b.over || []).map((o) => `${o.value}: ${plural(o.picks, "pick", "picks")}, ${figure(o.expected, 2)} expected`).join("; ")]),
    [1, 2, 3, 4]) : missing("No metadata column with batches was given."));
}

// mixtures says which groups consist of populations that lie apart.
function mixtures(grade) {
  const list = grade.mixtures || [];
  if (!list.length) return null;
  const mixed = list.filter((x) => x.mixed);
  const name = (x) => x.scope === "global" ? "the whole collection" : `${columnName(x.scope)} ${x.group}`;
  const rows = [...list].sort((a, b) => b.mixed - a.mixed || a.between - b.between).slice(0, 10);
  return h("div.block", null, h("h3", null, "Is any group a mixture?"),
    h("p", {class: mixed.length ? "alarm" : null}, mixed.length
      ? `${plural(mixed.length, "group is a mixture", "groups are mixtures")} of separate populations, so ${mixed.length === 1 ? "its average stands" : "their averages stand"} for none of them: ${mixed.map(name).join(", ")}.`
      : list.length === 1 ? "No: the one group tested is no mixture of separate populations."
      : `No: none of the ${plural(list.length, "group", "groups")} tested is a mixture of separate populations.`),
    table("The groups likeliest to be mixtures. Between: how dense images lie between the two parts that were compared last, as a share of the density on both sides. Mixed: no population has 80 % of the group.",
      ["Group", "Centers", "Images examined", "Populations", "Between", "Alarm"],
      rows.map((x) => [h("bdi", null, name(x)), x.centers.map(centerName).join(", "), count(x.images),
        x.populations.slice(0, 4).map((p) => percent(p, 2)).join(", ") + (x.populations.length > 4 ? ", …" : ""), percent(x.between, 2), x.mixed ? "mixed population" : "none"]), [2, 4]));
}

function stability(grade) {
  const s = grade.stability;
  if (!s) return null;
  if (s.reason) return h("div.block", null, h("h3", null, "Stability"), missing(`Not measured: ${s.reason}.`));
  const kept = (report.picks_reseeded === false ? [] : s.picks_kept || []).map((k) => [`Picks by ${centerName(k.center)} and ${metricName(k.metric)} re-selected with another seed`,
    `${percent(k.kept.value)} (${range(100 * k.kept.low, 100 * k.kept.high)}${NBSP}%)`]);
  return h("div.block", null, h("h3", null, "Stability"),
    h("p.caption", null, `Would other seeds and other halves of the collection give the same clusters? Adjusted Rand index, 1 the same and 0 chance, over ${plural(s.rows, "image", "images")}, with its range.`),
    pairs([["Other seeds", `${figure(s.reseeded.value)} (${range(s.reseeded.low, s.reseeded.high)})`],
      ["Split halves", `${figure(s.halves.value)} (${range(s.halves.low, s.halves.high)})`], ...kept]));
}

// clusterChoice shows the numbers of clusters that were tried.
function clusterChoice() {
  const curve = (report.clustering && report.clustering.curve) || [];
  if (!curve.length) return null;
  const x = curve.map((c) => c.clusters);
  return h("div.block", null, h("h3", null, "Number of clusters"),
    h("p.caption", null, `${report.clustering.clusters} clusters have the largest silhouette of the numbers tried.`),
    linesPlot([{name: "silhouette (simplified)", x, y: curve.map((c) => c.silhouette)}, {name: "stability (adjusted Rand index)", x, y: curve.map((c) => c.stability)}],
      "clusters", "score", "Silhouette and stability against the number of clusters", {log: false, height: 220}));
}

