/** Page: small help with the document. Text only ever goes in as text. */

type Child = Node | string | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

function fill(element: Element, attributes: Record<string, Value>, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  for (const child of children) if (child) element.append(child);
}

/** Make an element. A function as a value listens to the event of that name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  // Browsers write what stands in a field to their session file, in the clear, unless it says off.
  if (tag === "input" || tag === "textarea" || tag === "select") element.setAttribute("autocomplete", "off");
  fill(element, attributes, children);
  return element;
}

/** Make an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

/** The main button, a plain one, or a link-like one. */
export const button = (
  words: string,
  click: () => void,
  attributes: Record<string, Value> = {},
): HTMLButtonElement => h("button", { type: "button", class: "button", click, ...attributes }, words);
export const mainButton = (
  words: string,
  click: () => void,
  attributes: Record<string, Value> = {},
): HTMLButtonElement => button(words, click, { "data-kind": "main", "data-wide": true, ...attributes });
export const quiet = (
  words: string,
  click: () => void,
  attributes: Record<string, Value> = {},
): HTMLButtonElement =>
  h("button", { type: "button", class: "small tap plain", click, ...attributes }, words);

let fields = 0;
/** A labelled field, with a hint and room for what is missing. */
export function field(
  label: string,
  control: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
  hint = "",
): HTMLDivElement {
  const id = `f${++fields}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}h`);
  return h("div", { class: "field" }, h("label", { for: id }, label),
    hint ? h("span", { class: "hint", id: `${id}h` }, hint) : null, control);
}

/** Say what is missing in a field, beside it, and take the reader there. */
export function wrong(box: HTMLElement, words: string): void {
  box.dataset.state = "wrong";
  box.querySelector(".problem")?.remove();
  box.append(h("p", { class: "problem small", role: "alert" }, words));
  box.querySelector<HTMLElement>("input, textarea, select")?.focus();
}

/** Take back what was said to be missing: it may be there by now. */
export function righted(box: HTMLElement): void {
  delete box.dataset.state;
  box.querySelector(".problem")?.remove();
}

/** Two or three answers beside each other, none chosen unless `chosen` says so. */
export function pair<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  chosen: T | null,
  change: (value: T) => void,
): HTMLDivElement {
  const name = `p${++fields}`;
  return h("div", { class: "pair", role: "radiogroup", "aria-label": label },
    ...options.map(([value, words]) => {
      const input = h("input", { type: "radio", name, value, change: () => change(value) });
      input.checked = value === chosen;
      return h("label", {}, input, words);
    }));
}

/** A tick with one sentence; the whole row can be hit. */
export function tick(words: Child, change: (on: boolean) => void, checked = false): HTMLLabelElement {
  const input = h("input", { type: "checkbox" });
  input.checked = checked;
  input.addEventListener("change", () => change(input.checked));
  return h("label", { class: "tick" }, input, h("span", {}, words));
}

/** Put new children in place of the old. */
export function put(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Draw with the finger on an element: a stroke that ends in a fling must not eat the next tap. */
export function drawnOn(element: HTMLElement): void {
  element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
}
