/** Templates of the page, and the one kind of button that several parts have. */

/** Copy a template; its members with `data-slot` are filled with text and returned by name. */
export function clone(name, texts = {}) {
  const node = document.getElementById(`t-${name}`).content.firstElementChild.cloneNode(true);
  const slots = {};
  for (const slot of node.querySelectorAll("[data-slot]")) slots[slot.dataset.slot] = slot;
  for (const [key, text] of Object.entries(texts)) slots[key].textContent = text;
  return { node, slots };
}

/** Choose the drawing of an icon. */
export function setIcon(node, name) {
  node.querySelector("use").setAttribute("href", `#i-${name}`);
}

export function button(label, onClick, className = "") {
  const node = document.createElement("button");
  Object.assign(node, { type: "button", textContent: label, className, onclick: onClick });
  return node;
}

/** Let a button copy a text, and say so. */
export function copyButton(node, text) {
  const label = node.querySelector("span");
  node.onclick = async () => {
    await navigator.clipboard.writeText(text()).then(
      () => (label.textContent = "Copied"),
      () => (label.textContent = "Not allowed"),
    );
    setTimeout(() => (label.textContent = "Copy"), 2000);
  };
}
