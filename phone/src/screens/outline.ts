/** Outline: the drawing shows, the labels take the taps, the word is the answer. */

import { h, s } from "../page.ts";

const MIDDLE = [
  "M80 3.500C90.200 3.500 98.500 13.600 98.500 26S90.200 48.500 80 48.500 61.500 38.400 61.500 26 69.800 3.500 80 3.500Z",
  "M58 63Q80 57 102 63 109 67 108 82L105 110Q80 116 55 110L52 82Q51 67 58 63Z",
  "M55.500 114.500Q80 120 104.500 114.500L104 146Q80 152 56 146Z",
  "M56 150.500Q80 156 104 150.500L107 172Q108 183 98 184.500H84Q80 178 76 184.500H62Q52 183 53 172Z",
];
const LIMBS: Record<string, () => SVGElement> = {
  "upper-arm": () => s("rect", { x: 110, y: 66, width: 17, height: 52, rx: 8.5, transform: "rotate(-9 118 66)" }),
  forearm: () => s("rect", { x: 118.5, y: 121, width: 14.5, height: 49, rx: 7, transform: "rotate(-11 125 121)" }),
  hand: () => s("rect", { x: 128, y: 172.5, width: 13, height: 23, rx: 6.5, transform: "rotate(-11 134 172)" }),
  thigh: () => s("path", { d: "M84 188.5 105 186.5Q108.500 189 107 201L101 240Q100 246 94 246H90.500Q85 246 84.500 240Z" }),
  "lower-leg": () => s("path", { d: "M86 251Q93 248 100 251 103.500 263 99.500 281L97 300Q96.500 304 92.500 304T88 300L85.500 277Q84 262 86 251Z" }),
  foot: () => s("path", { d: "M88 307.500h9q6 5 7 10.500 0 4-4 4H90.500q-3 0-3-3Z" }),
};
const MIDDLE_WORDS: Record<View, readonly string[]> = {
  front: ["head", "chest", "abdomen", "groin"],
  back: ["back of the head", "upper back", "lower back", "buttocks"],
};

export type View = "front" | "back";
/** A part of the outline; the side is the patient's own, empty in the middle. */
export interface Part {
  view: View;
  region: string;
  side: "L" | "R" | "";
}

const key = (part: Part): string => `${part.view} ${part.region} ${part.side}`;
/** On the front the patient's left is on the right of the drawing, on the back it is not. */
const sideAt = (view: View, right: boolean): "L" | "R" => (right === (view === "front") ? "L" : "R");
const SIDE_WORDS = { L: "left ", R: "right ", "": "" };

function drawing(view: View, chosen: Part | null): SVGSVGElement {
  const is = (region: string, side: Part["side"]): boolean =>
    chosen !== null && key(chosen) === key({ view, region, side });
  const part = (shape: SVGElement, on: boolean, mirrored = false): SVGGElement =>
    s("g", { class: "part", "data-chosen": on, transform: mirrored ? "translate(160) scale(-1 1)" : null }, shape);
  const neck = s("rect", { x: 73, y: 50.5, width: 14, height: 8, rx: 3 });
  return s("svg", { viewBox: "0 0 160 326", "aria-hidden": "true" },
    part(neck, false),
    ...MIDDLE.map((d, i) => part(s("path", { d }), is(`mid-${i + 1}`, ""))),
    ...Object.entries(LIMBS).flatMap(([region, shape]) => [
      part(shape(), is(region, sideAt(view, true))),
      part(shape(), is(region, sideAt(view, false)), true)]),
    s("text", { class: "side", x: 4, y: 14 }, view === "front" ? "right" : "left"),
    s("text", { class: "side", x: 156, y: 14, "text-anchor": "end" }, view === "front" ? "left" : "right"));
}

/** The outline as a picture only. */
export function outlinePicture(chosen: Part | null): HTMLElement {
  return h("div", { class: "body-outline", "aria-hidden": "true" }, drawing(chosen?.view ?? "front", chosen));
}

/** One view of the outline, to choose a part of it. */
export function outline(view: View, chosen: Part | null, choose: (part: Part) => void): HTMLElement {
  const radio = (part: Part, words: string, at: string, flip: string | null): HTMLElement => {
    const input = h("input", { type: "radio", name: "part", value: key(part), change: () => choose(part) });
    input.checked = chosen !== null && key(chosen) === key(part);
    return h("label", { "data-part": at, "data-flip": flip }, h("span", { class: "unseen" }, words), input);
  };
  const limb = (region: string, right: boolean): HTMLElement => {
    const side = sideAt(view, right);
    const words = `${SIDE_WORDS[side]}${region.replace("-", " ")}, ${view}`;
    return radio({ view, region, side }, words, region, right ? "b" : "a");
  };
  return h("div", { class: "body-outline", "data-view": view }, drawing(view, chosen),
    ...Object.keys(LIMBS).flatMap((region) => [limb(region, true), limb(region, false)]),
    ...MIDDLE.map((_, i) => radio({ view, region: `mid-${i + 1}`, side: "" },
      MIDDLE_WORDS[view][i] ?? "", `mid-${i + 1}`, null)));
}
