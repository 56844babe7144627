/** P5 Check: the verdict in words, then crop and cover. What is kept is sealed; nothing else stays. */

import { holdInHand } from "../held.ts";
import { coverInCrop, WHOLE, type Cover } from "../geometry.ts";
import { button, h, pair, put, quiet } from "../page.ts";
import { LEAST, measure, verdict, type Measure, type Verdict } from "../quality.ts";
import type { Roll, Shot } from "../roll.ts";
import { dialog, screen } from "../screen.ts";
import { dropBlobs, encode, whyNotSealed } from "../seal.ts";
import { session } from "../session.ts";
import type { Shot as Taken } from "./camera.ts";
import { Table, type Tool } from "./crop.ts";
import { meter } from "./meters.ts";

const SMALL = 320;
const REASONS = ["Can’t be held still", "No better light here", "It will change before a retake", "Needed for the record as it is"];

function look(picture: ImageBitmap): Measure {
  const scale = SMALL / Math.max(picture.width, picture.height);
  const [w, high] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  const pen = new OffscreenCanvas(w, high).getContext("2d", { willReadFrequently: true });
  if (!pen) return { focus: 0, dark: 0, clipped: 0, glare: 0, mean: 0 };
  pen.drawImage(picture, 0, 0, w, high);
  return measure(pen.getImageData(0, 0, w, high).data, w, high);
}

function askWhy(): Promise<string | null> {
  return dialog<string>("Why keep it?", (done) => ({
    body: [h("p", {}, "Blurred photos are kept only if you say why."),
      ...REASONS.map((why) => button(why, () => done(why), { "data-wide": true }))],
    foot: [],
  }));
}

/** Make the bytes that are sealed: the camera's own where nothing was cut, else a new JPEG of the part. */
async function toSeal(taken: Taken, table: Table): Promise<{ bytes: ArrayBuffer; type: string; width: number; height: number }> {
  const { picture, bytes, type } = taken.still;
  const { max_long_edge, max_bytes } = session().config.settings;
  const whole = table.crop === WHOLE;
  const longest = Math.max(picture.width, picture.height);
  if (whole && longest <= max_long_edge && bytes.byteLength <= max_bytes) {
    return { bytes, type, width: picture.width, height: picture.height };
  }
  const [w, high] = [table.crop.w * picture.width, table.crop.h * picture.height];
  const scale = Math.min(1, max_long_edge / Math.max(w, high));
  const quality = bytes.byteLength > max_bytes ? 0.88 : 0.95;
  const made = await encode(picture, table.crop, max_long_edge, quality);
  new Uint8Array(bytes).fill(0);
  return { bytes: made, type: "image/jpeg", width: Math.round(w * scale), height: Math.round(high * scale) };
}

/** Cut what is kept and say what is known of it. Done once: the rest of the picture is gone then. */
async function shotOf(roll: Roll, taken: Taken, table: Table, seen: Verdict, m: Measure, why: string): Promise<Shot> {
  const { bytes, type, width, height } = await toSeal(taken, table);
  table.wipe();
  taken.still.picture.close();
  dropBlobs();
  const view = roll.set?.views[roll.step];
  const cover = table.covers
    .map((box) => coverInCrop({ shape: "rect", ...box }, table.crop))
    .filter((each): each is Cover => each !== null);
  return {
    bytes, takenAt: taken.takenAt, via: taken.still.via, turn: table.turn, cover,
    quality: {
      width, height, type, focus: Math.round(m.focus * 10) / 10, focus_word: seen.focus.toLowerCase(),
      dark: m.dark, clipped: m.clipped, glare: m.glare, mean: Math.round(m.mean),
      light_word: seen.light.toLowerCase(), detail_word: seen.detail.toLowerCase(),
      cropped: table.crop !== WHOLE,
    },
    override: why, limitReason: taken.limitReason,
    view: view?.code ?? "", set: roll.set?.code ?? "",
  };
}

/** Show what was taken. True when it was kept. */
export async function checkScreen(roll: Roll, taken: Taken): Promise<boolean> {
  const { picture, bytes } = taken.still;
  const m = look(picture);
  const seen = verdict(m, taken.best, picture.width, picture.height);
  holdInHand(1, "Not yet sealed");
  let sealing = false;
  let shot: Shot | undefined;
  const drop = (): void => {
    holdInHand(0, "");
    if (sealing) return;
    picture.close();
    for (const each of [bytes, shot?.bytes]) if (each?.byteLength) new Uint8Array(each).fill(0);
  };
  try {
    return await screen<boolean>((leave, signal) => {
      const meters = [meter("Focus"), meter("Light"), meter("Detail")] as const;
      meters[0].set(seen.levels.focus, seen.focus);
      meters[1].set(seen.levels.light, seen.light);
      meters[2].set(seen.levels.detail, seen.detail);
      const small = h("p", { class: "small", role: "status" });
      const problem = h("p", { class: "problem", role: "alert" });
      const clearCovers = quiet("Take covers off", () => table.uncover(), { hidden: true });
      const tell = (): void => {
        clearCovers.hidden = table.covers.length === 0;
        const [w, high] = [table.crop.w * picture.width, table.crop.h * picture.height];
        const tight = Math.max(w, high) < LEAST.long || Math.min(w, high) < LEAST.short;
        small.textContent = seen.advice ||
          (tight ? `Cropped this tight it is only ${Math.round(w)} × ${Math.round(high)}.`
            : "Tattoos, eyes and jewellery can name a person. A crop cuts for good. A cover hides on shared copies only.");
      };
      const table: Table = new Table(picture, () => queueMicrotask(tell));
      signal.addEventListener("abort", () => table.wipe());
      const again = button("Take again", () => leave(false), seen.blurred || seen.blocked ? { "data-kind": "main" } : {});
      const keeping = async (): Promise<void> => {
        const why = seen.blurred && !shot ? await askWhy() : "";
        if (why === null) return;
        sealing = keep.disabled = again.disabled = true;
        put(problem, "");
        put(small, "Sealing…");
        try {
          await roll.keep(async () => (shot ??= await shotOf(roll, taken, table, seen, m, why)));
        } catch (error) {
          sealing = keep.disabled = again.disabled = false;
          put(small, "");
          edits.hidden = shot !== undefined; // it was cut already
          put(problem, `Not kept yet. ${whyNotSealed(error)}`);
          if (signal.aborted) drop();
          return;
        }
        roll.nextView();
        leave(true);
      };
      const keep = button(seen.blurred ? "Keep anyway" : "Keep it", () => void keeping(), seen.blurred ? {} : { "data-kind": "main" });
      const tools = pair<Tool>("Tool", [["whole", "Whole"], ["crop", "Crop"], ["cover", "Cover"]], "whole", (tool) => table.use(tool));
      const edits = h("div", { class: "row" }, tools, button("Turn", () => table.rotate()));
      return {
        title: "Check", kind: "check", dark: true, focus: seen.blurred || seen.blocked ? again : keep,
        main: [
          h("div", { class: "table-top" }, table.element),
          h("div", { class: "tools" }, h("h1", { class: "title" }, seen.sentence),
            h("div", { class: "verdicts" }, ...meters.map((each) => each.element)),
            edits,
            problem, small, clearCovers),
        ],
        bar: [h("div", { class: "buttons" }, ...(seen.blocked ? [again] : seen.blurred ? [keep, again] : [again, keep]))],
      };
    });
  } finally {
    drop();
  }
}
