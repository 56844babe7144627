/** Said: the six points. Each is ticked by itself, by a tap or by a finger that rests on it. */

import { h } from "../page.ts";

/** A finger passing over a point in less than this has not stopped to say it. */
export const REST_MS = 180;
const EDGE = 150;
const STEP = 7;

export interface Point {
  key: string;
  title: string;
  words: string;
}

/**
 * The list of points. Sliding a finger down the boxes ticks each point it rests on, one by one; a
 * quick swipe over them ticks none. Taps and the keyboard do the same.
 */
export function saidList(points: readonly Point[], said: Set<string>, change: () => void): HTMLFieldSetElement {
  const count = h("span", {});
  const rows = points.map((point) => {
    const input = h("input", { type: "checkbox", value: point.key });
    input.checked = said.has(point.key);
    const grip = h("span", { class: "grip" }, input);
    const row = h("label", { class: "tick" }, grip, h("span", {}, h("b", {}, point.title), point.words));
    input.addEventListener("change", () => note(point.key, input.checked));
    return { key: point.key, input, row };
  });
  const note = (key: string, on: boolean): void => {
    if (on) said.add(key);
    else said.delete(key);
    count.textContent = `${said.size} of ${points.length} said`;
    change();
  };
  count.textContent = `${said.size} of ${points.length} said`;
  const box = h("fieldset", { class: "said" },
    h("legend", { class: "section-head" }, "Say these six things ", count),
    h("p", { class: "note" }, "Tick each as you say it, or slide your finger down the boxes and rest on each."),
    ...rows.map(({ row }) => row));
  slide(box, rows, note);
  return box;
}

interface Row {
  key: string;
  input: HTMLInputElement;
  row: HTMLElement;
}

function slide(box: HTMLElement, rows: readonly Row[], note: (key: string, on: boolean) => void): void {
  let over: Row | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let y = 0;
  let down = false;
  let rested: Row | undefined;
  const at = (): Row | undefined => rows.find(({ row }) => {
    const { top, bottom } = row.getBoundingClientRect();
    return y >= top && y < bottom;
  });
  const rest = (row: Row): void => {
    if (!down || over !== row || row.input.checked) return;
    row.input.checked = true;
    rested = row;
    note(row.key, true);
  };
  const look = (): void => {
    const row = at();
    if (row === over) return;
    over = row;
    clearTimeout(timer);
    if (row) timer = setTimeout(() => rest(row), REST_MS);
  };
  const follow = (): void => {
    if (!down) return;
    if (y > innerHeight - EDGE) scrollBy(0, STEP);
    look();
    requestAnimationFrame(follow);
  };
  const stop = (): void => {
    down = false;
    over = undefined;
    clearTimeout(timer);
  };
  box.addEventListener("pointerdown", (event) => {
    if (!(event.target as Element).closest(".grip")) return;
    down = true;
    rested = undefined;
    y = event.clientY;
    look();
    requestAnimationFrame(follow);
  });
  box.addEventListener("pointermove", (event) => {
    y = event.clientY;
    if (down) look();
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) box.addEventListener(end, stop);
  // A long press has ticked its row already; the click that ends it must not untick it.
  box.addEventListener("click", (event) => {
    if (rested?.row.contains(event.target as Node)) event.preventDefault();
    rested = undefined;
  });
}
