/** Find: another patient by name, birth date or number; or, out of reach, a name to be checked later. */

import { button, field, h, mainButton, put, wrong } from "../page.ts";
import { screen } from "../screen.ts";
import * as server from "../server.ts";
import type { Subject } from "../session.ts";
import { birthday, noServer } from "../words.ts";

const PAUSE = 180;

/** Search until one is chosen. Null goes home; "type" goes on to a typed name. */
export function findScreen(): Promise<Subject | "type" | null> {
  return screen<Subject | "type" | null>((leave, signal) => {
    const results = h("section", { class: "next", "aria-label": "Patients found", "aria-live": "polite" });
    const input = h("input", { type: "search", autocapitalize: "words", enterkeyhint: "search" });
    let asked = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = async (words: string): Promise<void> => {
      asked.abort();
      asked = new AbortController();
      try {
        const found = await server.patients(words, asked.signal);
        if (signal.aborted) return;
        put(results, ...found.map((patient) => h("button", {
          type: "button", class: "row-button",
          click: () => leave({ patient, visit: null, hint: null, detail: null }),
        }, h("span", {}, h("b", {}, patient.name), h("small", {}, `Born ${birthday(patient.born)} (${patient.age}) · ${patient.record_number}`)))),
          found.length ? null : h("p", { class: "empty" }, "Nobody with that name, birth date or number."));
      } catch (error) {
        if (signal.aborted || asked.signal.aborted) return;
        if (error instanceof server.Refused) put(results, h("p", { class: "empty" }, error.message));
        else put(results, h("p", { class: "empty" }, `${noServer} Take the photo as not yet matched.`));
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      const words = input.value.trim();
      if (words.length >= 2) timer = setTimeout(() => void show(words), PAUSE);
      else put(results);
    });
    return {
      title: "Find a patient", kind: "find", focus: input,
      main: [
        h("h1", { class: "sentence" }, "Who is it?"),
        field("Name, birth date or record number", input, "At least 2 letters. Birth date as 12/3/1968."),
        results,
      ],
      bar: [h("div", { class: "buttons" },
        button("Back", () => leave(null)), button("Not yet matched", () => leave("type")))],
    };
  });
}

const FORMS = [/^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})$/, /^(\d{4})-(\d{2})-(\d{2})$/];

/** Read "12/3/1968" (day first) or "1968-03-12"; anything that is no past day is null. */
export function readBirthDate(typed: string, today = new Date()): string | null {
  const [, d = "", m = "", y = ""] = FORMS[0]?.exec(typed.trim()) ?? [];
  const [, y2 = "", m2 = "", d2 = ""] = FORMS[1]?.exec(typed.trim()) ?? [];
  const [year, month, date] = [Number(y || y2), Number(m || m2), Number(d || d2)];
  const at = new Date(Date.UTC(year, month - 1, date));
  const real = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === date;
  return real && year > 1890 && at <= today ? at.toISOString().slice(0, 10) : null;
}

/** Type who it is while the names can't be checked. The photo waits until they can. */
export function typedScreen(): Promise<Subject | null> {
  return screen<Subject | null>((leave) => {
    const family = h("input", { autocapitalize: "words" });
    const given = h("input", { autocapitalize: "words" });
    const born = h("input", { inputmode: "numeric", placeholder: "12/3/1968" });
    const boxes = [field("Family name", family), field("Given name", given), field("Birth date", born)] as const;
    const go = (): void => {
      const date = readBirthDate(born.value);
      if (!family.value.trim()) return wrong(boxes[0], "Write the family name as it is on the record.");
      if (!given.value.trim()) return wrong(boxes[1], "Write the given name.");
      if (!date) return wrong(boxes[2], "Write the birth date as day, month, year.");
      const name = `${family.value.trim().toUpperCase()}, ${given.value.trim()}`;
      leave({ patient: null, visit: null, detail: null, hint: { name, born: date } });
    };
    return {
      title: "Not yet matched", kind: "find", focus: family,
      main: [
        h("h1", { class: "sentence" }, "Not yet matched"),
        h("p", {}, "We can’t check this name until the server answers. The photo will wait, and won’t be filed, until then."),
        ...boxes,
      ],
      bar: [h("div", { class: "buttons" }, button("Back", () => leave(null)), mainButton("Go on to consent", go))],
    };
  });
}
