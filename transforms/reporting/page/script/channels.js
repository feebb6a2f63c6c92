// Channels: pictures of images that have some are composites; a pick also shows each
// channel in gray. This part is in pages of such images alone.

const together = report.channels.filter((c) => c.color);
const alone = report.channels.filter((c) => !c.color);

// channelKey names the channels beside their colors, with the values that are black and full.
const channelKey = () => h("ul.channel-key", {"aria-label": "Channels"}, report.channels.map((c) => {
  const swatch = h(c.color ? "span.swatch" : "span.swatch.alone", {"aria-hidden": "true"});
  swatch.style.backgroundColor = c.color || "transparent";
  return h("li", null, swatch, h("bdi", null, c.name), h("span.minor", null, ` ${c.color || "in gray alone"}, ${figure(c.low, 5)} to ${figure(c.high, 5)}`));
}));

scaleText = () => {
  if (!report.pictures.length) return "There are no pictures: the report was made without the images.";
  if (ownContrast) {
    return "Brightness: each composite from its own darkest to its own brightest pixel. Pictures cannot be compared by brightness, nor channels by color.";
  }
  return `Pictures are the sum of ${plural(together.length, "channel", "channels")}, each in its color and on one scale of its own for all pictures, of 0 to ${count(report.full)}` +
    `${alone.length ? `; ${alone.map((c) => c.name).join(", ")} ${alone.length === 1 ? "is" : "are"} not in it` : ""}.`;
};

const picks = gallery;
gallery = () => {
  picks();
  const note = bodyOf("gallery").querySelector(".scale-note");
  if (note) note.after(channelKey());
};

// channelViews shows the channels of a pick in gray, cut from the picture that has them side
// by side, two pixels apart.
function channelViews(pick) {
  const address = (report.strips || [])[pick.picture];
  if (!address) return null;
  const views = report.channels.map((c) => [c, h("canvas", {role: "img", "aria-label": `Channel ${c.name} of ${pick.image_id}, in gray`})]);
  const strip = new Image();
  strip.addEventListener("load", () => {
    const width = (strip.naturalWidth + 2) / views.length - 2, height = strip.naturalHeight;
    views.forEach(([, canvas], i) => {
      canvas.width = width;
      canvas.height = height;
      canvas.classList.toggle("coarse", width < 100);
      canvas.getContext("2d").drawImage(strip, i * (width + 2), 0, width, height, 0, 0, width, height);
    });
  });
  strip.src = address;
  return h("div.channel-views", null, views.map(([c, canvas]) => h("figure.thumb", null, canvas,
    h("figcaption", null, h("bdi", null, c.name), h("span", null, `${figure(c.low, 5)} to ${figure(c.high, 5)}`)))));
}

const composite = looks;
looks = (pick, group) => {
  const [large, ...others] = composite(pick, group);
  return [large, channelViews(pick), ...others];
};
