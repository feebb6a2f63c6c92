// Reconstructions: what the model made of an image after each epoch.

function figure(root, state) {
  const {epochs, originals, noisy, decoded, kept} = data.training;
  const shots = h("div.sides", {"aria-live": "polite"});
  let showEpoch, showImage, control;
  const epochText = (i) => `${epochs[i]}${epochs[i] === kept ? " (the model)" : ""}`;
  const light = brightness(root, state);
  const image = (index, alt) => picture(index, alt);
  const kinds = [["Original", () => originals[at.image.value]], ...(noisy ? [["With noise, as the model was given it", () => noisy[at.image.value]]] : []),
    ["Reconstruction: a theoretical image, not data", () => decoded[at.epoch.value][at.image.value]]];
  const views = kinds.map(([text], i) => {
    const view = image(originals[0], text);
    shots.append(h(i === kinds.length - 1 ? "figure.side.theory" : "figure.side", null, view, h("figcaption", null, text)));
    return view;
  });
  const show = () => {
    showEpoch(at.epoch.value);
    showImage(at.image.value);
    kinds.forEach(([text, index], i) => draw(views[i], index(), `${text}, image ${at.image.value + 1}${i === kinds.length - 1 ? `, after epoch ${epochs[at.epoch.value]}` : ""}`, light.own()));
  };
  const at = {
    epoch: state("epoch", Math.max(0, kept ? epochs.indexOf(kept) : epochs.length - 1), upTo(epochs.length - 1), show),
    image: state("image", 0, upTo(originals.length - 1), show),
  };
  const controls = h("div.controls");
  [control, showEpoch] = slider("Epoch", epochs.length - 1, at.epoch.value, epochText, (v) => at.epoch.set(v));
  controls.append(control);
  [control, showImage] = slider("Image", originals.length - 1, at.image.value, (i) => `${i + 1} of ${originals.length}`, (v) => at.image.set(v));
  controls.append(control, light.control);
  root.append(controls, shots, h("p.note", null, data.summary), light.note);
  show();
  light.show();
}
