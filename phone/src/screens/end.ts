/** P7 For the patient: where the photos are. Shown by the doctor, readable at arm's length. */

import { heldCount, heldLine } from "../held.ts";
import { news, onNews } from "../outbox.ts";
import { button, h, mainButton, put } from "../page.ts";
import type { Roll } from "../roll.ts";
import { screen } from "../screen.ts";
import * as server from "../server.ts";
import { given, session } from "../session.ts";
import type { ConsentSummary } from "../shapes.ts";
import { photos, refusedWords } from "../words.ts";

async function recordCount(roll: Roll): Promise<number | null> {
  const id = roll.filed[0];
  if (!id || !roll.subject.patient) return null;
  try {
    return (await server.whereabouts(id)).in_record;
  } catch {
    return null;
  }
}

function mayList(consent: ConsentSummary | null): HTMLElement {
  const { config } = session();
  const titles = (answer: string): string[] => config.uses
    .filter((use) => use.code !== "care" && (consent?.uses[use.code] ?? "not_asked") === answer)
    .map((use) => use.title);
  return h("ul", { class: "may" },
    h("li", {}, h("b", {}, `${config.person.name} and the team here`), h("span", {}, "To look after you")),
    ...titles("yes").map((title) => h("li", {}, h("b", {}, title), h("span", {}, "The answer was yes."))),
    h("li", {}, h("b", {}, "Nobody else"), h("span", {}, refusedWords(titles("no")))));
}

/** Show the end. It says 0 only when the phone truly holds none of these. */
export function endScreen(roll: Roll, consent: ConsentSummary | null): Promise<"done" | "more"> {
  const first = given(roll.subject);
  const { practice } = session().config;
  return screen<"done" | "more">((leave, signal) => {
    const heading = h("h1", { class: "sentence" });
    const two = h("div", { class: "two", role: "status" });
    const waits = h("p", { class: "small" });
    const print = button("Print", () => window.print());
    let inRecord: number | null = null;
    let asked = false;
    const draw = (): void => {
      const here = roll.stillHere();
      const gone = here === 0;
      if (gone && !asked) {
        asked = true;
        void recordCount(roll).then((n) => {
          inRecord = n;
          if (!signal.aborted) draw();
        });
      }
      heading.textContent = !roll.subject.patient && gone ? "The photos wait at the practice."
        : gone ? `${first}, here is where your photos are.`
          : here === 1 ? "1 is still on its way." : `${here} are still on their way.`;
      const refused = roll.filed.map((id) => news.refusals.get(id)).find(Boolean);
      waits.textContent = refused ? `${refused.message} The phone still has it, sealed.`
        : gone ? "" : "It stays sealed on this phone until the practice says it has arrived. You can go on.";
      print.hidden = !gone;
      const record = inRecord ?? roll.filed.length - here;
      put(two,
        h("div", {}, h("b", {}, String(heldCount())), h("span", {}, heldCount() === 1 ? "photo on this phone" : "photos on this phone")),
        h("div", {}, h("b", {}, String(record)), h("span", {}, roll.subject.patient
          ? (record === 1 ? "photo in your record here" : "photos in your record here") : "waiting to be matched")));
    };
    draw();
    onNews(draw, signal);
    return {
      title: "For the patient", kind: "end", top: h("div", { class: "end-top" }, heldLine(signal)),
      main: [
        h("header", {}, h("p", { class: "soft" }, `Show this to ${first}`), heading), two, waits,
        h("section", { "aria-labelledby": "may" }, h("h2", { class: "label", id: "may" }, "Who may see them"), mayList(consent)),
        practice.contact
          ? h("p", {}, "Changed your mind? Tell reception, or call ", h("span", { class: "nowrap" }, practice.contact), ".")
          : h("p", {}, "Changed your mind? Tell reception."),
        h("p", { class: "note only-print" }, `${practice.name}. ${photos(roll.filed.length)} taken today.`),
      ],
      bar: [h("div", { class: "buttons" }, print, button("Take more", () => leave("more")), mainButton("Done", () => leave("done"), { "data-wide": false }))],
    };
  });
}
