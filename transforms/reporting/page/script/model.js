// Model: what encoded the images, and how well.

function modelPage() {
  const body = bodyOf("model");
  const model = report.model;
  if (!model) {
    body.append(missing("The model was not at hand when this report was made."));
    return;
  }
  body.append(...[architecture(model), loss(model), enough(model), epochs(model), reconstructions(model), errors(model), codes(model), interpolations(model)].filter(Boolean));
}

function architecture(model) {
  return h("div.block", null,
    h("p.sentence", null, `${capital(model.architecture)}.`.replace(/\.\.$/, ".")),
    pairs([["Parameters", model.parameters ? count(model.parameters) : null], ["Latent dimensions", count(model.latent)], ["Source", model.source || null]]
      .filter(([, value]) => value !== null)),
    (model.layers || []).length ? h("details.more", null, h("summary", null, `${plural(model.layers.length, "layer", "layers")}`),
      h("ol.layers", null, model.layers.map((line) => h("li", null, line)))) : null);
}

function loss(model) {
  const curves = lossCurves(model);
  if (!curves.length) return h("div.block", null, h("h3", null, "Loss"), missing("There is no training log: the model was imported, or found in closed form."));
  const epochs = Math.max(...curves.flatMap((c) => c.epochs));
  const last = curves.map((c) => `${c.name} ${figure(c.values[c.values.length - 1])}`).join(", ");
  const values = curves.flatMap((c) => c.values);
  const plot = (log) => linesPlot(curves.map((c) => ({name: c.name, x: c.epochs, y: c.values})), "epoch", "loss",
    `Losses over ${epochs} epochs${log ? ", logarithmic axis" : ""}; at the end ${last}`, {log});
  const positive = values.every((v) => v > 0), first = positive && spreads(values);
  const holder = h("div", null, plot(first));
  return h("div.block", null, h("h3", null, "Loss"),
    positive ? h("div.toolbar", null, toggle("Axis of the loss", [["linear", "Linear"], ["log", "Logarithmic"]], first ? "log" : "linear", (v) => holder.replaceChildren(plot(v === "log")))) : null,
    holder, h("p.caption", null, `At the end: ${last}.`));
}

// lossCurves leaves out the learning rate, which is no loss, and what is the same as
// a curve before it, such as the error where it is the loss.
function lossCurves(model) {
  const curves = [];
  for (const curve of model.loss || []) {
    if (!curve.values.length || ["lr", "learning_rate"].includes(curve.name)) continue;
    if (!curves.some((c) => c.values.length === curve.values.length && c.values.every((v, i) => v === curve.values[i]))) curves.push(curve);
  }
  return curves;
}

// enough shows what train measured of how much training is enough: the skill of picks and the validation error
// at some moments of the training.
function enough(model) {
  const e = model.enough;
  if (!e) return null;
  const head = h("h3", null, "How much training is enough");
  if (!e.rows.length) return h("div.block", {id: "enough"}, head, missing(e.sentence));
  const off = (value, error) => value === null ? figure(null) : `${figure(value)} (${figure(error, 2)})`;
  const mse = e.rows.some((r) => r.mse !== null && r.mse !== r.loss);
  const at = e.at >= 0 ? e.rows[e.at].images : null;
  const plot = (what, of, error) => {
    const rows = e.rows.filter((r) => of(r) !== null);
    const list = rows.map((r) => `${figure(of(r))} at ${percent(r.share, 2)}`).join(", ");
    return rows.length ? momentsPlot(rows.map((r) => ({x: r.images, y: of(r), error: error ? error(r) : 0})), "images seen", what, `${capital(what)} by images seen: ${list}`, at) : null;
  };
  return h("div.block", {id: "enough"}, head, h("p.sentence", null, e.sentence),
    plot("skill of the picks", (r) => r.skill, (r) => r.error), plot("validation loss", (r) => r.loss),
    h("p.caption", null, `Measured while the model was trained, on ${plural(e.images, "image", "images")} that were held out, drawn by hash, in five parts: on each part the default selection of the other four is graded, by whitened components of the pixels, `
      + "against random selections of as many images: 0 is as good as these, 1 perfect. Bars and brackets are standard errors of the mean of the five parts. "
      + (at === null ? "" : "The dashed line is the first moment from which on the skill is no more than one standard error of the difference below that at the end.")),
    table("Moments of the training", ["Share of the run", "Images seen", "Epochs", "Validation loss", ...(mse ? ["Mean squared error"] : []), "Picks", "Skill", "More at the end"],
      e.rows.map((r) => [percent(r.share, 2), count(r.images), figure(r.epochs), figure(r.loss), ...(mse ? [figure(r.mse)] : []), figure(r.picks), off(r.skill, r.error), off(r.change, r.change_error)]),
      mse ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3, 4, 5, 6]));
}

// epochs shows what the model made of some images after each of its epochs.
function epochs(model) {
  const t = model.training;
  if (!t) return null;
  const at = {epoch: Math.max(0, t.kept ? t.epochs.indexOf(t.kept) : t.epochs.length - 1), image: 0};
  const rows = [["Original", () => t.originals[at.image]]];
  if (t.noisy) rows.push(["With noise, as the model was given it", () => t.noisy[at.image]]);
  rows.push(["Reconstruction: a theoretical image, not data", () => t.decoded[at.epoch][at.image]]);
  const alt = (text) => `${text}, image ${at.image + 1}${text.startsWith("Reconstruction") ? `, after epoch ${t.epochs[at.epoch]}` : ""}`;
  const images = rows.map(([text, index]) => picture(index(), alt(text)));
  const show = () => rows.forEach(([text, index], i) => swap(images[i], index(), alt(text)));
  const moved = (name) => (v) => { at[name] = v; show(); };
  return h("div.block", {id: "epochs"}, h("h3", null, "Reconstructions by epoch"),
    h("p.caption", null, `What train kept: ${plural(t.originals.length, "image", "images")}, and what the model made of them after ${t.epochs.length < t.of ? `${count(t.epochs.length)} of ` : ""}${plural(t.of, "epoch", "epochs")}.`),
    h("div.toolbar", null,
      slider("Epoch", t.epochs.length - 1, at.epoch, (i) => `${count(t.epochs[i])}${t.epochs[i] === t.kept ? ", the model" : ""}`, moved("epoch")),
      slider("Image", t.originals.length - 1, 0, (i) => `${i + 1} of ${t.originals.length}`, moved("image")), contrastSwitch()),
    scaleNote(),
    h("div.sides", null, rows.map(([text], i) => h(i === rows.length - 1 ? "figure.theory" : "figure", null, images[i], h("figcaption", null, text)))));
}

function reconstructions(model) {
  const list = model.reconstructions || [];
  if (!list.length) return h("div.block", null, h("h3", null, "Reconstructions"), missing("There is no decoder, or no images, so nothing could be reconstructed."));
  return h("div.block", null, h("h3", null, "Reconstructions"),
    h("p.caption", null, "Above each image, below what the decoder makes of its latents: a theoretical image, not data. MSE is the mean squared error of pixels in [0, 1]."),
    scaleNote(),
    h("ul.couples", null, list.map((r) => h("li", null,
      picture(r.picture, `Image ${r.image_id}`), picture(r.decoded, `Reconstruction of ${r.image_id}: a theoretical image`),
      h("p.name", {title: r.image_id}, h("bdi", null, r.image_id)), r.mse === null ? null : h("p.minor", null, `MSE ${figure(r.mse)}`)))));
}

function errors(model) {
  const parts = [];
  if (model.mse) {
    parts.push(h("figure.plotted", null, histogramPlot(model.mse, "reconstruction error (MSE)", "Histogram of the reconstruction error of the images", [], {width: 640}),
      h("figcaption", null, "Reconstruction error of all images.")));
  }
  if ((model.worst || []).length) {
    parts.push(h("p.caption", null, "The images that the model reconstructs worst."), h("div.thumbs", null,
      model.worst.map((x) => thumb(x.picture, `Badly reconstructed: ${x.image_id}`, h("bdi", null, x.image_id), `MSE ${figure(x.value)}`))));
  }
  return h("div.block", null, h("h3", null, "Reconstruction error"),
    parts.length ? parts : missing("The latents hold no reconstruction errors: encode with --reconstruct to measure them."));
}

function codes(model) {
  if (!model.codes) return null;
  return h("div.block", null, h("h3", null, "Codes"), h("figure.plotted", null,
    histogramPlot(model.codes, "value of a latent dimension", "Histogram of the values of all latents", [], {width: 640, log: true}),
    h("figcaption", null, "Values of all dimensions of all latents.")));
}

function interpolations(model) {
  const list = model.interpolations || [];
  if (!list.length) return null;
  return h("div.block", null, h("h3", null, "Between picks"),
    h("p.caption", null, "Straight lines in the latents from one pick to another, decoded: theoretical images, not data. Smooth change speaks for the model, ghosts of two images speak against it."),
    list.map((x) => h("figure.walk", null, h("div", null, x.pictures.map((p, i) =>
      picture(p, `Step ${i + 1} of ${x.pictures.length} from ${x.from} to ${x.to}: a theoretical image`))),
    h("figcaption", null, h("bdi", null, x.from), " to ", h("bdi", null, x.to)))));
}

