/** P3c Refused: a no is recorded and ends kindly. */

import { h, mainButton } from "../page.ts";
import { screen } from "../screen.ts";
import { given, type Subject } from "../session.ts";
import { clock } from "../words.ts";

/** Say that the camera stays shut, and that the answer is kept. */
export async function refusedScreen(subject: Subject): Promise<void> {
  const first = given(subject);
  const where = subject.patient ? "in the record" : "sealed, and goes to the record when the name is matched";
  await screen<null>((leave) => ({
    title: "No photos", kind: "refused",
    main: [
      h("section", { class: "refusal", role: "alert" },
        h("h1", { class: "title" }, "The camera stays shut."),
        h("p", {}, `${first} said no to photos. Nothing was taken.`),
        h("p", {}, `The answer is ${where}, at ${clock(new Date())}. ${first}’s care goes on as before.`)),
      h("p", { class: "soft" }, "If you need to describe what you see, use words in the notes."),
    ],
    bar: [mainButton("Done", () => leave(null))],
  }));
}
