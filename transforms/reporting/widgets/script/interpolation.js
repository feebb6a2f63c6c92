// Interpolation: the decoder's images on the straight line between two latent vectors.

function figure(root, state) {
  const endText = (end) => end.center ? `the ${centerName(end.center)} of ${groupName(end.scope, end.group)}` : shown(end.image_id);
  const walks = data.walks, last = walks[0].pictures.length - 1;
  const shots = h("div.sides", {"aria-live": "polite"});
  let showPair, showT, control;
  const light = brightness(root, state);
  const side = (theory) => {
    const image = picture(walks[0].pictures[0], ""), caption = h("figcaption");
    shots.append(h(theory ? "figure.side.theory" : "figure.side", null, image, caption));
    return {image, caption};
  };
  const from = side(), middle = side(true), to = side();
  const t = (i) => number(i / last);
  const put = (view, index, text, theory) => {
    view.image.parentNode.classList.toggle("ex-theory", theory);
    view.caption.textContent = text;
    draw(view.image, index, text, light.own());
  };
  const end = (view, end, index, at) => put(view, end.picture >= 0 ? end.picture : index,
    end.picture >= 0 ? `t = ${at}: ${endText(end)}, the image itself` : `t = ${at}: ${endText(end)}, decoded`, end.picture < 0);
  const show = () => {
    const walk = walks[at.pair.value];
    showPair(at.pair.value);
    showT(at.step.value);
    end(from, walk.from, walk.pictures[0], 0);
    put(middle, walk.pictures[at.step.value], `t = ${t(at.step.value)}, decoded: a theoretical image, not data`, true);
    end(to, walk.to, walk.pictures[last], 1);
  };
  const at = {pair: state("pair", 0, upTo(walks.length - 1), show), step: state("step", 0, upTo(last), show)};
  const controls = h("div.controls");
  [control, showPair] = choice("Between", walks.map((w, i) => [i, `${endText(w.from)} and ${endText(w.to)}`]), at.pair.value, (v) => at.pair.set(Number(v)), 1);
  if (walks.length > 1) controls.append(control);
  [control, showT] = slider("t, from the first to the second", last, at.step.value, t, (v) => at.step.set(v));
  controls.append(control, light.control);
  root.append(controls, shots, h("p.note", null, data.summary), light.note);
  show();
  light.show();
}
