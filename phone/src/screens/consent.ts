/** P3 Consent: the talk before the camera opens. */

import { recordConsent } from "../consenting.ts";
import { ANY_SPECIALIST, asRefusal, bodyOf, decisions, missing, newDraft, standing, told, type Draft } from "../draft.ts";
import { button, h, mainButton, pair, put, quiet } from "../page.ts";
import { screen } from "../screen.ts";
import { Refused } from "../server.ts";
import { ageOn, bornOn, fullName, given, session, type Subject } from "../session.ts";
import type { ConsentSummary } from "../shapes.ts";
import { birthday } from "../words.ts";
import { coverAndMethod, whoDecides } from "./decider.ts";
import { emergencyScreen } from "./emergency.ts";
import { handBackScreen, signerOf, signScreen } from "./signature.ts";
import { ownScreen } from "./own.ts";
import { refusedScreen } from "./refused.ts";
import { saidList } from "./said.ts";

const headOf = (subject: Subject): HTMLElement =>
  h("p", { class: "small soft" }, `${fullName(subject)} · born ${birthday(bornOn(subject))}`);

/** A repeat visit: one question, with what was agreed. */
function stillScreen(subject: Subject, consent: ConsentSummary): Promise<"yes" | "again" | "no" | "back"> {
  const first = given(subject);
  const said = (answer: string): string[] =>
    session().config.uses.filter((use) => (consent.uses[use.code] ?? "not_asked") === answer).map((use) => use.title);
  const rows = [["Yes", said("yes")], ["No", said("no")], ["Not asked", said("not_asked")]] as const;
  return screen((leave) => ({
    title: "Still all right?", kind: "still",
    main: [
      h("header", { class: "head" }, headOf(subject), h("h1", { class: "sentence" }, "Still all right?")),
      h("p", { class: "lead" }, consent.sentence),
      h("dl", { class: "yesno" }, ...rows.filter(([, uses]) => uses.length).map(([word, uses]) =>
        h("div", {}, h("dt", {}, word), h("dd", {}, ...uses.map((use) => h("p", {}, use)))))),
      h("div", { class: "row" }, quiet(`${first} says no today`, () => leave("no")), quiet("Back", () => leave("back"))),
    ],
    bar: [mainButton("Yes, open the camera", () => leave("yes")),
      button("Ask again", () => leave("again"), { "data-wide": true })],
  }));
}

function usesList(draft: Draft, change: () => void): HTMLFieldSetElement {
  const { config } = session();
  return h("fieldset", { class: "asks" },
    h("legend", { class: "section-head" }, "Ask, one at a time ", h("span", {}, "Not asked counts as no")),
    ...config.uses.filter((use) => use.ask || use.code === "care").map((use) => {
      const names = h("div", { class: "names" });
      const answer = pair<"no" | "yes">(use.title, [["no", "No"], ["yes", "Yes"]], draft.answers.get(use.code) ?? null, (value) => {
        draft.answers.set(use.code, value);
        put(names, use.code === "referral" && value === "yes" ? recipientSelect(draft, change) : null);
        change();
      });
      return h("div", { class: "choice" },
        h("div", {}, h("b", {}, use.title), h("p", {}, use.hint)), answer, names);
    }));
}

function recipientSelect(draft: Draft, change: () => void): HTMLElement {
  const kinds = [ANY_SPECIALIST, ...session().config.recipients];
  const select = h("select", { "aria-label": "Which specialist" },
    ...kinds.map((value) => h("option", { value }, value)));
  select.value = draft.recipients.get("referral") ?? kinds[0] ?? "";
  select.addEventListener("change", () => {
    draft.recipients.set("referral", select.value);
    change();
  });
  return h("div", { class: "field" }, select);
}

type Talked = "sign" | "own" | "record" | "no" | "emergency" | "back";

function nextWords(draft: Draft, first: string): string {
  if (draft.answers.get("care") === "no") return `${first} said no to photos`;
  const who = draft.decider === "advocate" ? draft.advocate.name.trim().split(" ")[0] || "They" : first;
  if (draft.method === "own") return who === "They" ? "Show them the code" : `Show ${who} the code`;
  if (draft.method === "signed") return who === "They" ? "They sign" : `${who} signs`;
  return draft.method === "spoken" ? "Record what was said" : "Record it, paper to follow";
}

function talkScreen(subject: Subject, draft: Draft): Promise<Talked> {
  const { config } = session();
  const first = given(subject);
  const now = new Date();
  return screen<Talked>((leave) => {
    const says = h("p", { role: "status" });
    const toldList = h("ul", { class: "told" });
    const uses = usesList(draft, () => draw());
    const go = mainButton("", () => {
      if (missing(draft, config, bornOn(subject), first, now)) return;
      if (draft.answers.get("care") === "no") leave("no");
      else leave(draft.method === "signed" ? "sign" : draft.method === "own" ? "own" : "record");
    });
    let allSaid = false;
    const draw = (): void => {
      const lacks = missing(draft, config, bornOn(subject), first, now);
      const next = nextWords(draft, first);
      says.textContent = lacks ? lacks : "That is all.";
      go.textContent = next;
      go.disabled = lacks !== "";
      put(toldList, ...told(draft, config).map((name) => h("li", {}, name)), h("li", { class: "faint" }, "Nobody else"));
      const done = draft.points.size === config.notice.points.length;
      if (done && !allSaid) uses.scrollIntoView({ block: "start" });
      allSaid = done;
    };
    const said = saidList(config.notice.points, draft.points, draw);
    draw();
    const decide = whoDecides(draft, config, first, ageOn(bornOn(subject), now), draw);
    return {
      title: "Consent", kind: "consent",
      main: [
        h("header", { class: "head" }, headOf(subject), h("h1", { class: "sentence" }, "Before the camera opens")),
        draft.decider === "advocate" ? decide : said,
        draft.decider === "advocate" ? said : decide,
        uses,
        h("section", { "aria-labelledby": "told" }, h("h2", { class: "section-head", id: "told" }, "Who will be told"), toldList),
        coverAndMethod(draft, config, first, subject.patient !== null && !session().offline, draw),
        h("p", { class: "small soft" }, `Wording version ${config.notice.version}.`),
        h("div", { class: "row" }, quiet("Emergency: no time to ask", () => leave("emergency")), quiet("Back", () => leave("back"))),
      ],
      bar: [says, go],
    };
  });
}

async function recorded(subject: Subject, draft: Draft, signature: number[][][] | null): Promise<string> {
  const ids = { patient: subject.patient?.id ?? null, visit: subject.visit?.id ?? null };
  return recordConsent(subject, bodyOf(draft, session().config, ids, signature, new Date()));
}

/** Say what the server did not like about a consent. Nothing was recorded. */
function notRecorded(problem: Refused): Promise<null> {
  return screen((leave) => ({
    title: "Not recorded", kind: "refused",
    main: [h("section", { class: "refusal", role: "alert" }, h("h1", { class: "title" }, "Not recorded."),
      h("p", {}, problem.message), h("p", {}, problem.remedy))],
    bar: [mainButton("Go back to the consent", () => leave(null))],
  }));
}

async function saidNo(subject: Subject, draft: Draft): Promise<null> {
  await recorded(subject, asRefusal(draft), null);
  await refusedScreen(subject);
  return null;
}

async function talk(subject: Subject): Promise<string | null> {
  const { config } = session();
  const draft = newDraft(bornOn(subject), config.settings, subject.visit, new Date());
  for (;;) {
    const how = await talkScreen(subject, draft);
    if (how === "back") return null;
    try {
      if (how === "no") return await saidNo(subject, draft);
      if (how === "emergency") {
        const id = await emergencyScreen(subject);
        if (id) return id;
        continue;
      }
      if (how === "own") {
        const answer = await ownScreen(subject, draft);
        if (answer === "no") await refusedScreen(subject);
        if (answer === "no") return null;
        if (answer !== "back") return answer;
        continue;
      }
      if (how === "record") return await recorded(subject, draft, null);
      const signature = await signScreen(subject, draft, decisions(draft, config));
      if (signature === "no") return await saidNo(subject, draft);
      if (signature === "back") continue;
      const id = await recorded(subject, draft, signature);
      await handBackScreen(signerOf(subject, draft));
      return id;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await notRecorded(error);
    }
  }
}

/** Ask before the camera opens. Returns the consent's id, or null when the camera stays shut. */
export async function consentGate(subject: Subject): Promise<string | null> {
  const stands = standing(subject.detail?.consents ?? [], new Date());
  if (!stands) return talk(subject);
  const how = await stillScreen(subject, stands);
  if (how === "yes") return stands.id;
  if (how === "back") return null;
  if (how === "again") return talk(subject);
  const draft = newDraft(bornOn(subject), session().config.settings, subject.visit, new Date());
  return saidNo(subject, draft);
}
