
// A browser imports no module from a file on disk: each is imported from a copy in memory.
(async () => {
  const host = () => {
    const values = new Map(), listeners = new Map();
    return {
      get: (name) => values.get(name),
      set: (name, value) => { values.set(name, value); for (const f of listeners.get(`change:${name}`) || []) f(); },
      on: (name, f) => listeners.set(name, [...(listeners.get(name) || []), f]),
      off: (name, f) => listeners.set(name, (listeners.get(name) || []).filter((g) => g !== f)),
      save_changes: () => {},
    };
  };
  for (const {name, text} of JSON.parse(document.getElementById("modules").textContent)) {
    const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
    const {default: widget} = await import(url);
    URL.revokeObjectURL(url);
    await widget.render({model: host(), el: document.getElementById(name)});
  }
  document.body.dataset.ready = "";
})();
