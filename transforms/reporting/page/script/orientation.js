// Orientation: how much of what the latents say is how the objects happened to lie.

function orientationBlock() {
  const o = report.orientation;
  if (!o) return;
  const head = h("h3", null, "Orientation");
  if (!o.angles) {
    bodyOf("map").append(h("div.block", {id: "orientation"}, head, missing(o.sentence)));
    return;
  }
  const when = o.aligned ? "before the objects were turned" : "of the objects";
  bodyOf("map").append(h("div.block", {id: "orientation"}, head, h("p.sentence", null, o.sentence),
    o.advice ? h("p.sentence", null, o.advice) : null,
    histogramPlot(o.angles, "angle of the principal axis (degrees)", `Histogram of the angles ${when}, in bins of 10 degrees`, [], {width: 640}),
    h("p.caption", null, `Angles θ of the principal axes ${when}, from the rows towards down, measured in ${plural(o.images, "image", "images")}, a sample by hash of the image id. `
      + "The share is R², adjusted for the number of regressors, of a linear regression of all latent dimensions on cos and sin of 2θ, 4θ, 6θ and 8θ together; images weigh as much as their axis is clear: (a − b) / (a + b) of its second moments."),
    table("What each harmonic explains", ["Harmonic", "Share of the variance"], o.harmonics.map((s) => [s.name, percent(Math.max(0, s.share), 2)]), [1])));
}
