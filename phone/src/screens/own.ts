/** On the patient's own phone: a code to point a camera at or to type; the answer comes by itself. */

import { newId } from "../bytes.ts";
import { bodyOf, type Draft } from "../draft.ts";
import { button, h, mainButton, put, s } from "../page.ts";
import { screen } from "../screen.ts";
import * as server from "../server.ts";
import { given, session, type Subject } from "../session.ts";
import type { Showing } from "../shapes.ts";
import { clock } from "../words.ts";

const EVERY = 1000;
const QUIET = 4;

/** The square code, dark on light whatever the scheme, with the quiet edge that readers need. */
function square(rows: readonly string[], words: string): SVGSVGElement {
  const side = rows.length + 2 * QUIET;
  const d = rows.flatMap((row, y) => Array.from(row, (dark, x) =>
    dark === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")).join("");
  return s("svg", { class: "square", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": words }, s("path", { d }));
}

async function wait(
  id: string, tell: (state: string) => void, signal: AbortSignal,
): Promise<void> {
  const over = (): boolean => signal.aborted;
  while (!over()) {
    try {
      const { state } = await server.shown(id, signal);
      if (!over()) tell(state);
    } catch (error) {
      if (over()) return;
      if (!(error instanceof server.Silence)) throw error;
    }
    await new Promise((go) => setTimeout(go, EVERY));
  }
}

type Left = "agreed" | "declined" | "back" | "again";

function show(subject: Subject, id: string, showing: Showing): Promise<Left> {
  const first = given(subject);
  return screen<Left>((leave, signal) => {
    const says = h("p", { role: "status", class: "lead" }, `Waiting for ${first}.`);
    const code = h("div", { class: "stack" }, square(showing.square, "The code as a square"),
      h("p", { class: "typed" }, showing.code));
    const again = mainButton("Show a new code", () => leave("again"), { hidden: true });
    const tell = (state: string): void => {
      if (state === "agreed" || state === "declined") { leave(state); return; }
      code.hidden = state !== "waiting";
      again.hidden = state !== "ended";
      put(says, state === "open" ? `${first} is reading it.`
        : state === "ended" ? "Nobody answered in time. Nothing was recorded." : `Waiting for ${first}.`);
    };
    wait(id, tell, signal).catch(() => leave("back"));
    return {
      title: "Their phone", kind: "own",
      main: [
        h("header", { class: "head" }, h("h1", { class: "sentence" }, `${first}, read it on your own phone.`)),
        h("p", {}, `Point its camera at the square, or open ${location.host}/agree and type the code. It works once, until ${clock(showing.ends_at)}.`),
        code, says,
      ],
      bar: [again, button("Back", () => leave("back"), { "data-wide": true })],
    };
  });
}

/** Have the patient sign on their own phone. The consent's id, "no", or "back" with nothing recorded. */
export async function ownScreen(subject: Subject, draft: Draft): Promise<string> {
  const ids = { patient: subject.patient?.id ?? null, visit: subject.visit?.id ?? null };
  for (;;) {
    const id = newId();
    const showing = await server.show(id, bodyOf(draft, session().config, ids, null, new Date()));
    const how = await show(subject, id, showing);
    if (how === "agreed") return id;
    if (how === "declined") return "no";
    if (how === "again") continue;
    const { state } = await server.unshow(id); // what was answered meanwhile stays answered
    return state === "agreed" ? id : state === "declined" ? "no" : "back";
  }
}
