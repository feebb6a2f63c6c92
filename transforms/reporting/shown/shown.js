// Names in this page hold characters that are not seen or that turn the direction of
// the text. They are shown as escapes, in text and in what is read aloud; the data
// stay as they are, and so does what is copied.
{
  const unseen = /[{{unseen}}]/gu;
  const short = {7: "\\a", 8: "\\b", 11: "\\v", 12: "\\f", 13: "\\r"};
  const hex = (code, digits) => code.toString(16).padStart(digits, "0");
  const escape = (character) => {
    const code = character.codePointAt(0);
    if (code < 0x80) return short[code] || `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  };
  const shown = (text) => text.replace(unseen, escape);
  const attributes = ["title", "aria-label", "alt", "placeholder"];

  const showText = (node) => {
    if (node.parentNode && node.parentNode.nodeName === "SCRIPT") return;
    const text = shown(node.data);
    if (text !== node.data) node.data = text;
  };
  const showAttribute = (element, name) => {
    const text = element.getAttribute(name);
    if (text && text !== shown(text)) element.setAttribute(name, shown(text));
  };
  const showAll = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return showText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    for (const name of attributes) showAttribute(root, name);
    for (const child of root.childNodes) showAll(child);
  };
  // It is told of changes before they are drawn.
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") showText(change.target);
      else if (change.type === "attributes") showAttribute(change.target, change.attributeName);
      else change.addedNodes.forEach(showAll);
    }
  }).observe(document.body, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: attributes});
}
