/** P6 File: site, label and diagnosis come from the last visit; one tap files them all. */

import { button, field, h, mainButton, pair, put, quiet, righted, wrong } from "../page.ts";
import type { Roll, Words } from "../roll.ts";
import { screen } from "../screen.ts";
import { whyNotSealed } from "../seal.ts";
import { bornOn, fullName, given, session } from "../session.ts";
import { birthday, labelFrom, photos, sides, upper } from "../words.ts";
import { siteOf } from "./camera.ts";
import { outlinePicture } from "./outline.ts";
import { partOf } from "./site.ts";

export type Leave = "filed" | "later" | "more" | "site";
type Chaperone = "none" | "declined" | "present";

/** What was typed, kept while the person goes to choose a site and comes back. */
export interface FileDraft {
  label: string | null;
  diagnosis: string | null;
  notes: string;
  chaperone: Chaperone | null;
  chaperoneName: string;
  recognisable: boolean | null;
}
export const newFileDraft = (): FileDraft => ({
  label: null, diagnosis: null, notes: "", chaperone: null, chaperoneName: "", recognisable: null,
});

/** The label the practice's pattern gives, or the last one of this site. */
export function suggestLabel(roll: Roll): string {
  const { label_pattern } = session().config.settings;
  const kinds = new Map(session().config.sets.flatMap((set) =>
    set.views.map((view) => [`${set.code} ${view.code}`, view.view] as const)));
  const views = [...new Set(roll.frames.map((frame) => kinds.get(`${frame.set} ${frame.view}`)).filter(Boolean))];
  return labelFrom(label_pattern, {
    side: sides[roll.side] ?? "", site: roll.site?.name ?? "",
    reason: roll.subject.visit?.reason ?? "",
    view: views.length === 1 ? (views[0] ?? "").replace(/_/g, " ") : "",
  });
}

function chaperoneWords(draft: FileDraft): string {
  if (draft.chaperone === "declined") return "Offered, declined";
  if (draft.chaperone === "present") return `Present: ${draft.chaperoneName.trim()}`;
  return draft.chaperone === "none" ? "Not offered" : "";
}

function chaperoneField(draft: FileDraft): HTMLElement {
  const name = h("input", { "aria-label": "Who was there" });
  name.value = draft.chaperoneName;
  name.hidden = draft.chaperone !== "present";
  name.addEventListener("input", () => {
    draft.chaperoneName = name.value;
  });
  return h("div", { class: "field" }, h("p", { class: "label" }, "Was someone else in the room?"),
    pair<Chaperone>("Someone else in the room", [["present", "Yes"], ["declined", "Offered, declined"], ["none", "No"]], draft.chaperone, (value) => {
      draft.chaperone = value;
      name.hidden = value !== "present";
      if (!name.hidden) name.focus();
    }), name);
}

/** Label and file the roll. */
export function fileScreen(roll: Roll, draft: FileDraft): Promise<Leave> {
  const n = roll.frames.length;
  const first = given(roll.subject);
  const past = roll.subject.detail?.sites.find((p) => p.code === roll.site?.code && p.side === roll.side);
  return screen<Leave>((leave) => {
    const label = h("input", { maxlength: 80 });
    label.value = draft.label ?? suggestLabel(roll);
    label.addEventListener("input", () => { draft.label = label.value; });
    const diagnosis = h("input", { maxlength: 160 });
    diagnosis.value = draft.diagnosis ?? past?.diagnosis ?? "";
    diagnosis.addEventListener("input", () => { draft.diagnosis = diagnosis.value; });
    const notes = h("textarea", { rows: 2 });
    notes.value = draft.notes;
    notes.addEventListener("input", () => { draft.notes = notes.value; });
    const chaperone = roll.site?.sensitive ? chaperoneField(draft) : null;
    const busy = h("p", { role: "status" });
    const siteBox = h("div", { class: "field where" },
      outlinePicture(partOf(roll.site, roll.side)),
      h("div", { class: "stack" },
        h("div", {}, h("p", { class: "small soft" }, "Body site"), h("p", { class: "title" }, upper(siteOf(roll)))),
        button(roll.site ? "Change site" : "Choose site", () => leave("site"), { "data-wide": true })));
    const send = async (): Promise<void> => {
      for (const box of [siteBox, labelBox, chaperone, recognisable]) if (box) righted(box);
      if (!roll.site) { wrong(siteBox, "Add a site so it can be found. Nothing is lost."); return; }
      if (!label.value.trim()) { wrong(labelBox, "Write a label so it can be found. Nothing is lost."); return; }
      if (chaperone && (!draft.chaperone || (draft.chaperone === "present" && !draft.chaperoneName.trim()))) {
        wrong(chaperone, "Say whether someone else was in the room. This site needs the answer."); return;
      }
      if (draft.recognisable === null) {
        wrong(recognisable, "Say whether someone could recognise the patient. It decides what may be shared."); return;
      }
      go.disabled = true;
      busy.textContent = "Sealing…";
      const words: Words = {
        label: label.value.trim(), diagnosis: diagnosis.value.trim(), notes: notes.value.trim(),
        chaperone: chaperoneWords(draft), recognisable: draft.recognisable,
      };
      try {
        await roll.file(words);
        leave("filed");
      } catch (error) {
        go.disabled = false;
        put(busy, `Not filed yet. ${whyNotSealed(error)} What you kept is safe on this phone, sealed.`);
      }
    };
    const go = mainButton(roll.subject.patient ? `File ${photos(n)} in ${first}’s record` : `Seal ${photos(n)} for ${first}`, () => void send());
    const labelBox = field("Label", label);
    const recognisable = h("div", { class: "field" }, h("p", { class: "label" }, "Could someone recognise the patient?"),
      pair<"no" | "yes">("Could someone recognise the patient?", [["no", "No"], ["yes", "Yes"]],
        draft.recognisable === null ? null : draft.recognisable ? "yes" : "no", (value) => { draft.recognisable = value === "yes"; }));
    return {
      title: "File", kind: "file",
      main: [
        h("header", {}, h("p", { class: "small soft" }, `${fullName(roll.subject)} · born ${birthday(bornOn(roll.subject))}`),
          h("h1", { class: "sentence" }, n === 1 ? "Label this photo" : `Label these ${photos(n)}`)),
        siteBox, labelBox, field("Diagnosis", diagnosis), field("Notes for the record", notes), chaperone, recognisable,
        h("div", { class: "row" }, quiet("Take another", () => leave("more")), quiet("Label later at the desk", () => leave("later"))),
      ],
      bar: [busy, go],
    };
  });
}
