/** P4 Camera: always dark. Who, where, how many of how many; the shutter says "Take". */

import * as camera from "../camera.ts";
import { heldLine } from "../held.ts";
import { button, h, mainButton, put, quiet } from "../page.ts";
import { setsFor, type Roll } from "../roll.ts";
import { dialog, screen } from "../screen.ts";
import { bornOn, fullName, session } from "../session.ts";
import { kept, keep } from "../store.ts";
import { birthday, day, photos, siteWords, upper } from "../words.ts";
import { askForLevel, drawGhost, followLevel, followPicture } from "./finder.ts";
import { meter } from "./meters.ts";

const NO_PICTURE = 5000;

export type Shot = { still: camera.Still; takenAt: string; best: number; limitReason: string };
export type Leave = { go: "shot"; shot: Shot } | { go: "close" | "file" | "site" | "set" | "skip" } | { go: "shut"; error: unknown };

/** "Left forearm, front" of a roll, or what to do about it. */
export const siteOf = (roll: Roll): string =>
  roll.site ? upper(siteWords(roll.site.name, roll.side)) : "Site not chosen yet";

function countWords(roll: Roll): string {
  const view = roll.set?.views[roll.step];
  if (roll.set && view) return `Photo ${roll.step + 1} of ${roll.set.views.length}: ${view.name}`;
  const most = session().config.settings.max_photos_per_visit;
  const next = roll.taken + 1;
  return next > most ? `Photo ${next}, past the limit of ${most}` : `Photo ${next} of at most ${most}`;
}

function pips(roll: Roll): HTMLElement {
  const n = roll.set?.views.length ?? session().config.settings.max_photos_per_visit;
  const done = roll.set ? roll.step : roll.taken;
  return h("span", { class: "pips", "aria-hidden": "true" },
    ...Array.from({ length: Math.min(12, n) }, (_, i) => h("i", i < done ? { "data-on": true } : {})));
}

/** Past the practice's limit one more photo takes a reason, which is kept with it. */
function askLimit(most: number): Promise<string | null> {
  return dialog<string>(`That is ${photos(most)}, the practice’s limit.`, (done) => {
    const input = h("input", { "aria-label": "Why another one is needed" });
    const take = button("Take another", () => {
      if (input.value.trim()) done(input.value.trim());
      else input.focus();
    }, { "data-kind": "main" });
    return { body: [h("p", {}, "Say why to take another."), h("div", { class: "field" }, input)], foot: [take] };
  });
}

function torchButton(signal: AbortSignal): HTMLButtonElement | null {
  if (!camera.hasTorch()) return null;
  let on = false;
  const turn = async (): Promise<void> => {
    on = await camera.torch(!on).then(() => !on, () => on);
    it.setAttribute("aria-pressed", String(on));
    put(it, on ? "Torch is on" : "Torch is off");
  };
  const it = h("button", { type: "button", class: "button", "aria-pressed": "false", click: () => void turn() }, "Torch is off");
  signal.addEventListener("abort", () => {
    if (on) void camera.torch(false).catch(() => undefined);
  });
  return it;
}

function ghostPart(roll: Roll, signal: AbortSignal): { canvas: HTMLCanvasElement; hints: HTMLElement } {
  const canvas = h("canvas", { class: "ghost", "aria-hidden": "true", hidden: true });
  const hints = h("div", { class: "hints" });
  const past = roll.subject.detail?.sites.find((p) => p.code === roll.site?.code && p.side === roll.side);
  if (!past || session().offline) return { canvas, hints };
  void drawGhost(canvas, past.photo_id, signal).then((drawn) => {
    if (!drawn || signal.aborted) return;
    canvas.hidden = false;
    const when = day(past.taken_at);
    const says = h("span", { class: "plate" }, `${when} shows through`);
    const toggle = h("button", { type: "button", class: "plate", "aria-pressed": "true", click: () => {
      canvas.hidden = !canvas.hidden;
      says.hidden = canvas.hidden;
      toggle.setAttribute("aria-pressed", String(!canvas.hidden));
      put(toggle, canvas.hidden ? `Show ${when}` : `Hide ${when}`);
    } }, `Hide ${when}`);
    put(hints, says, toggle);
  });
  return { canvas, hints };
}

/** What is said while no picture comes: some browsers open a camera and give none until it is opened anew. */
function noPicture(start: () => void, waits: () => boolean, signal: AbortSignal): HTMLElement {
  const box = h("div", { role: "alert", class: "plate problem", hidden: true }, h("span", {}, "No picture from the camera yet."),
    button("Start it again", () => {
      box.hidden = true;
      start();
    }));
  const timer = setInterval(() => {
    if (waits()) box.hidden = false;
  }, NO_PICTURE);
  signal.addEventListener("abort", () => clearInterval(timer));
  return box;
}

/** Count the press. A phone without room for it says so where the photo is kept. */
async function countShutter(): Promise<void> {
  try {
    await keep("shutters", ((await kept("shutters")) ?? 0) + 1);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** Show the finder until a photo is taken or the person goes on. */
export function cameraScreen(roll: Roll, stream: MediaStream): Promise<Leave> {
  const most = session().config.settings.max_photos_per_visit;
  return screen<Leave>((leave, signal) => {
    const video = h("video", { autoplay: true, muted: true, playsinline: true, "aria-label": "Live view" });
    video.muted = true;
    video.srcObject = stream;
    void video.play().catch(() => undefined);
    const [focus, light] = [meter("Focus"), meter("Light")];
    let taking = false;
    const looked = followPicture(video, focus, light, () => {
      dark.hidden = true;
      if (!taking) shutter.disabled = false;
    }, signal);
    const start = (): void => {
      camera.close();
      camera.open().then((again) => {
        video.srcObject = again;
        void video.play().catch(() => undefined);
      }, (error: unknown) => leave({ go: "shut", error }));
    };
    const dark = noPicture(start, () => shutter.disabled && !taking, signal);
    const line = h("i", { class: "level-line", "aria-hidden": "true" });
    followLevel(line, signal);
    camera.watchFrames(video, start, () => taking, signal);
    const { canvas, hints } = ghostPart(roll, signal);
    const problem = h("p", { role: "alert", class: "plate problem", hidden: true });
    const take = async (): Promise<void> => {
      void askForLevel();
      let limitReason = "";
      if (roll.taken >= most) {
        const why = await askLimit(most);
        if (!why) return;
        limitReason = why;
      }
      shutter.disabled = taking = true;
      try {
        const takenAt = new Date().toISOString();
        const still = await camera.still(video);
        await countShutter();
        leave({ go: "shot", shot: { still, takenAt, best: looked.best(), limitReason } });
      } catch {
        shutter.disabled = taking = false;
        problem.hidden = false;
        problem.textContent = "The camera gave no picture. Try again.";
      }
    };
    const shutter = h("button", { type: "button", class: "shutter", click: () => void take(), disabled: true }, "Take");
    const n = roll.frames.length;
    const out = n ? button(`File ${photos(n)}`, () => leave({ go: "file" })) : button("Close camera", () => leave({ go: "close" }));
    const view = roll.set?.views[roll.step];
    signal.addEventListener("abort", () => {
      camera.rest();
      video.srcObject = null;
    });
    return {
      title: "Camera", kind: "camera", dark: true, focus: shutter,
      top: h("header", { class: "camera-top" }, heldLine(signal),
        h("div", { class: "about" },
          h("div", {}, h("h1", { class: "plain-head" }, `${fullName(roll.subject)} · born ${birthday(bornOn(roll.subject))}`), h("span", {}, siteOf(roll))),
          quiet(roll.site ? "Change" : "Choose site", () => leave({ go: "site" })))),
      main: [
        h("div", { class: "finder" }, video, canvas, h("i", { class: "aim", "aria-hidden": "true" }), line, hints, problem, dark,
          h("div", { class: "plate meters" }, focus.element, light.element)),
        h("div", { class: "count" }, pips(roll), h("span", {}, countWords(roll)),
          view && !view.required ? quiet("Skip", () => leave({ go: "skip" })) : null,
          quiet("Views", () => leave({ go: "set" }))),
        view?.hint ? h("p", { class: "note count-hint" }, view.hint) : h("p", { class: "note count-hint" }, "Only what is needed. Hold the phone flat to the skin."),
        h("div", { class: "deck" }, out, shutter, torchButton(signal) ?? h("span", {})),
      ],
      bar: null,
    };
  });
}

/** Choose which views to take, or one photo after another. */
export async function setScreen(roll: Roll): Promise<void> {
  const sets = setsFor(session().config.sets, roll.hasEarlier);
  const chosen = await screen<string | null>((leave) => ({
    title: "Views", kind: "views", dark: true,
    main: [h("h1", { class: "sentence" }, "Which views?"),
      h("section", { class: "next", "aria-label": "Sets of views" },
        ...sets.map((set) => h("button", { type: "button", class: "row-button", click: () => leave(set.code) },
          h("span", {}, h("b", {}, set.name), h("small", {}, set.views.map((view) => view.name).join(", ")))))) ],
    bar: [button("No set, one after another", () => leave(""), { "data-wide": true }), mainButton("Back", () => leave(null))],
  }));
  if (chosen === null) return;
  roll.set = sets.find((set) => set.code === chosen) ?? null;
  roll.step = 0;
}

/** The camera did not open: say which setting to change, in this phone's words. */
export function shutScreen(error: unknown): Promise<"again" | "back"> {
  return screen((leave) => ({
    title: "No camera", kind: "refused", dark: true,
    main: [h("section", { class: "refusal", role: "alert" }, h("h1", { class: "title" }, "The camera did not open."),
      h("p", {}, camera.whyShut(error)))],
    bar: [h("div", { class: "buttons" }, button("Back", () => leave("back")), mainButton("Try again", () => leave("again")))],
  }));
}
