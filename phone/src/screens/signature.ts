/** P3b Signature: the phone is handed over. Only this page can be reached until it is handed back. */

import { ANY_SPECIALIST, type Draft } from "../draft.ts";
import { button, drawnOn, h, mainButton, put, s } from "../page.ts";
import { localCheck, signIn } from "../passkey.ts";
import { screen } from "../screen.ts";
import { given, session, type Subject } from "../session.ts";
import type { Decision } from "../shapes.ts";
import { forSomeone } from "../words.ts";

type Strokes = number[][][];
const WIDE = 350;
const HIGH = 150;
const LEAST_POINTS = 6;
const MOST_POINTS = 5000;
const MOST_STROKES = 150;
/** A point as a fraction of the box; a finger that slides out of it stays on its edge. */
const part = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

function signatureBox(strokes: Strokes, name: string, change: () => void): { box: HTMLElement; clear: () => void } {
  const drawing = s("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": "Signature" });
  const box = h("div", { class: "signature-box" }, drawing, h("small", {}, name));
  let stroke: number[][] | null = null;
  let path = s("path");
  const point = (event: PointerEvent): number[] => {
    const { left, top, width, height } = box.getBoundingClientRect();
    return [part((event.clientX - left) / width), part((event.clientY - top) / height)];
  };
  const trace = (): void => path.setAttribute("d", (stroke ?? [])
    .map(([x = 0, y = 0], i) => `${i ? "L" : "M"}${x * WIDE} ${y * HIGH}`).join(""));
  drawnOn(box);
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    stroke = [point(event)];
    path = s("path");
    drawing.append(path);
    event.preventDefault();
  });
  box.addEventListener("pointermove", (event) => {
    const drawn = strokes.reduce((n, each) => n + each.length, stroke?.length ?? 0);
    if (!stroke || drawn >= MOST_POINTS) return;
    stroke.push(point(event));
    trace();
  });
  const finish = (): void => {
    if (stroke && stroke.length > 1 && strokes.length < MOST_STROKES) strokes.push(stroke);
    stroke = null;
    change();
  };
  box.addEventListener("pointerup", finish);
  box.addEventListener("pointercancel", finish);
  return {
    box,
    clear: () => {
      strokes.length = 0;
      put(drawing);
      change();
    },
  };
}

/** What the screen calls who signs: the patient's given names, or the first name of who decides for them. */
export function signerOf(subject: Subject, draft: Draft): string {
  return (draft.decider === "advocate" ? draft.advocate.name.trim().split(" ")[0] : "") || given(subject);
}

/** Let the patient, or who decides for them, read what was said and sign it with a finger. */
export function signScreen(
  subject: Subject, draft: Draft, decided: readonly Decision[],
): Promise<Strokes | "no" | "back"> {
  const { config } = session();
  const other = draft.decider === "advocate";
  const signer = other ? draft.advocate.name.trim() : given(subject);
  const first = signerOf(subject, draft);
  const inNameOf = (words: string): string => other ? forSomeone(words, given(subject)) : words;
  const wordsFor = (code: string): string => {
    const use = config.uses.find((each) => each.code === code);
    return inNameOf(use?.patient || use?.title || code);
  };
  const lines = (answer: string): string[] => decided.filter((d) => d.answer === answer)
    .map((d) => wordsFor(d.use) + (answer === "yes" && d.recipient && d.recipient !== ANY_SPECIALIST ? ` (${d.recipient})` : "")
      + (answer === "yes" && d.abroad.length ? `, also in ${d.abroad.join(", ")}` : ""));
  const unasked = lines("not_asked").join(", ");
  const strokes: Strokes = [];
  return screen((leave) => {
    const problem = h("p", { role: "alert", class: "problem small" });
    const { box, clear } = signatureBox(strokes, signer, () => {
      put(problem, "");
      agree.removeAttribute("aria-disabled");
    });
    const agree = mainButton("I agree", () => {
      const points = strokes.reduce((n, stroke) => n + stroke.length, 0);
      if (points < LEAST_POINTS) return put(problem, "Sign with your finger in the box first.");
      leave(strokes);
    }, { "data-wide": false });
    return {
      title: "Signature", kind: "sign",
      main: [
        h("header", {}, h("p", { class: "small soft" }, `Hand the phone to ${first}`), h("h1", { class: "sentence" }, `${first}, is this right?`)),
        h("dl", { class: "yesno" },
          h("div", {}, h("dt", {}, "Yes"), h("dd", {}, ...lines("yes").map((words) => h("p", {}, words)))),
          h("div", {}, h("dt", {}, "No"), h("dd", {}, 
            lines("no").length ? h("p", {}, lines("no").join(", ")) : null,
            unasked ? h("p", {}, `${unasked} `, h("span", { class: "faint" }, "(not asked)")) : null))),
        h("p", { class: "small soft" }, other
          ? `You can change your mind at any time. ${given(subject)}’s care stays the same.`
          : "You can change your mind at any time. Your care stays the same."),
        h("div", { class: "signature" },
          h("div", { class: "row" }, h("span", { class: "label" }, "Sign with your finger"),
            button("Start again", clear, { "data-kind": "quiet" })), box, problem),
      ],
      bar: [h("div", { class: "buttons" }, button("I’d rather not", () => leave("no")), agree)],
    };
  });
}

/** The phone comes back: whoever opened it proves it again before anything else can be reached. */
export async function handBackScreen(signer: string): Promise<void> {
  const { config, paired } = session();
  await screen<null>((leave) => {
    const problem = h("p", { role: "alert", class: "problem" });
    const open = async (): Promise<void> => {
      try {
        const fine = (await localCheck(paired.answer.rp_id)) ||
          (await signIn(config.person.id)) === "done";
        if (fine) leave(null);
        else put(problem, "Not unlocked. Try again.");
      } catch {
        put(problem, "Not unlocked. Try again.");
      }
    };
    return {
      title: "Thank you", kind: "handback",
      main: [
        h("header", {}, h("h1", { class: "sentence" }, `Thank you, ${signer}.`)),
        h("p", { class: "lead" }, `Hand the phone back to ${config.person.name}.`), problem,
      ],
      bar: [mainButton("Open the camera", () => void open()), h("p", {}, "With your face, finger or this phone’s PIN.")],
    };
  });
}
