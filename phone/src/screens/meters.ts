/** Meters: a bar against the mark it must pass, with its verdict in a word. */

import { h, s } from "../page.ts";

export interface Meter {
  element: HTMLElement;
  set(level: number, word: string): void;
}

/** Make a meter. Its mark stands in the middle. */
export function meter(name: string): Meter {
  const level = s("rect", { class: "level", width: 0, height: 10 });
  const word = h("b", {}, "–");
  const element = h("div", { class: "meter" }, h("span", {}, name), word,
    s("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: "track", width: 100, height: 10 }), level, s("path", { class: "need", d: "M50 -4V14" })));
  return {
    element,
    set(value, said) {
      level.setAttribute("width", String(Math.round(value)));
      if (word.textContent !== said) word.textContent = said;
    },
  };
}
