// Model: what encoded the images, and how well.

function modelPage() {
  const body = bodyOf("model");
  const model = report.model;
  if (!model) {
    body.append(missing("The model was not at hand when this report was made."));
    return;
  }
  body.append(...[architecture(model), loss(model), reconstructions(model), errors(model), codes(model), interpolations(model)].filter(Boolean));
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
  return h("div.block", null, h("h3", null, "Loss"),
    linesPlot(curves.map((c) => ({name: c.name, x: c.epochs, y: c.values})), "epoch", "loss", `Losses over ${epochs} epochs; at the end ${last}`),
    h("p.caption", null, `At the end: ${last}.`));
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

