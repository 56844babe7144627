/** Emergency: no time to ask. The reason is written now, and a review is owed until it is done. */

import { recordConsent } from "../consenting.ts";
import { emergencyBody } from "../draft.ts";
import { button, field, h, mainButton, wrong } from "../page.ts";
import { screen } from "../screen.ts";
import { given, session, type Subject } from "../session.ts";

const SHORTEST = 8;

/** Write why there was no time, and get a consent's id that lets the camera open. */
export async function emergencyScreen(subject: Subject): Promise<string | null> {
  const reason = await screen<string | null>((leave) => {
    const input = h("textarea", { rows: 3 });
    const box = field("Why there is no time to ask", input, "Stays in the record.");
    const go = (): void => {
      if (input.value.trim().length < SHORTEST) wrong(box, "Write it in a few words.");
      else leave(input.value.trim());
    };
    return {
      title: "Emergency", kind: "emergency", focus: input,
      main: [
        h("header", {}, h("h1", { class: "sentence" }, "Photos without asking")),
        h("p", {}, `Only when waiting would harm ${given(subject)}, and nobody can decide now. Someone reviews it afterwards, and it stays on the list until then.`),
        box,
      ],
      bar: [h("div", { class: "buttons" }, button("Back", () => leave(null)), mainButton("Open the camera", go))],
    };
  });
  if (!reason) return null;
  const ids = { patient: subject.patient?.id ?? null, visit: subject.visit?.id ?? null };
  return recordConsent(subject, emergencyBody(session().config, ids, reason, new Date()));
}
