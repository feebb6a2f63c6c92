// Gallery: the picks by group, of a scope, a center and a metric, all ranks or one.

function figure(root, state) {
  const {groups, picks} = data;
  const distinct = (of) => [...new Set(picks.map(of))];
  const scopes = distinct((p) => groups[p.group].scope), centers = distinct((p) => p.center), metrics = distinct((p) => p.metric);
  const ranks = ["all", ...distinct((p) => p.rank).sort((a, b) => a - b).map(String)];
  const holder = h("div"), said = h("p.note", {role: "status"});
  const light = brightness(root, state);
  const shows = {};
  const tile = (pick, title) => h("li.tile", {title: shown(pick.image_id)},
    picture(pick.picture, `Pick ${pick.image_id}`), title ? h("b", null, title) : null,
    h("span", null, `${pick.rank}${pick.position ? `, ${pick.position}` : ""}: ${number(pick.distance)}`), h("span", null, shown(pick.image_id)));
  const center = (index) => {
    const found = groups[index].centers.find((c) => c.center === at.center.value);
    return found && found.picture >= 0 ? h("li.tile.theory", null, picture(found.picture, `Theoretical image: the decoded ${centerName(found.center)}`),
      h("b", null, centerName(found.center)), h("span", null, "theoretical image, not data")) : null;
  };
  const show = () => {
    for (const [name, f] of Object.entries(shows)) f(at[name].value);
    const rank = at.rank.value;
    const list = picks.filter((p) => groups[p.group].scope === at.scope.value && p.center === at.center.value && p.metric === at.metric.value && (rank === "all" || String(p.rank) === rank));
    const of = [...new Set(list.map((p) => p.group))].sort((a, b) => a - b);
    if (rank !== "all" && of.length > 1) {
      holder.replaceChildren(h("ul.tiles", null, list.map((p) => tile(p, capital(groupName(groups[p.group].scope, groups[p.group].id))))));
    } else {
      holder.replaceChildren(...of.map((index) => {
        const group = groups[index];
        return h("section.group", null, h("p.title", null, `${capital(groupName(group.scope, group.id))}, ${group.size.toLocaleString("en-US")} ${group.size === 1 ? "image" : "images"}`),
          h("ul.tiles", null, center(index), list.filter((p) => p.group === index).map((p) => tile(p))));
      }));
    }
    said.textContent = list.length ? `${list.length} ${list.length === 1 ? "pick" : "picks"}${rank === "all" ? "" : ` of rank ${rank}`}, by the ${centerName(at.center.value)} and ${metricName(at.metric.value)} distance. Below a pick: its rank, its distance, its name.`
      : "There are no picks of this rank, center and metric in this scope.";
    for (const image of root.querySelectorAll("img")) brighten(image, light.own());
  };
  const at = {
    scope: state("scope", scopes[0], among(scopes), show), center: state("center", centers[0], among(centers), show),
    metric: state("metric", metrics[0], among(metrics), show), rank: state("rank", "all", among(ranks), show),
  };
  const controls = h("div.controls");
  const add = (name, legend, values, text) => {
    const [control, f] = choice(legend, values.map((v) => [v, text(v)]), at[name].value, (v) => at[name].set(v));
    shows[name] = f;
    if (values.length > 1) controls.append(control);
  };
  add("scope", "Scope", scopes, scopeName);
  add("center", "Center", centers, centerName);
  add("metric", "Metric", metrics, metricName);
  add("rank", "Rank", ranks, (v) => v);
  controls.append(light.control);
  root.append(controls, said, holder, h("p.note", null, data.summary), light.note);
  show();
  light.show();
}
