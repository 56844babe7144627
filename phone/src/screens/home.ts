/** P2 Home: the patient opened on the doctor's computer is already here. */

import { heldCount, heldPanel } from "../held.ts";
import { news, onNews } from "../outbox.ts";
import { button, h, mainButton, put, quiet } from "../page.ts";
import { screen } from "../screen.ts";
import { asks, sendAll } from "../sending.ts";
import * as server from "../server.ts";
import { session } from "../session.ts";
import type { Home, Patient, PatientDetail, Visit } from "../shapes.ts";
import { alarmNotice } from "./alarm.ts";
import { birthday, checksDue, clock, sealedWords, sexWords } from "../words.ts";

export type Leave =
  | { go: "patient"; patient: Patient; visit: Visit | null; detail: PatientDetail | null }
  | { go: "find" | "lock" | "check" | "handback" | "waiting" };

const EVERY = 1000;
/** The last answer, in memory only, so that coming home does not start empty. */
let last: { home: Home; at: Date } | undefined;
/** Forget the list: at the lock. */
export function forgetHome(): void {
  last = undefined;
}

/** The patient's facts: always the same, in the same order. */
export function who(patient: Patient): HTMLElement {
  const born = `Born ${birthday(patient.born)} (${patient.age})`;
  const place = [patient.address, patient.record_number].filter(Boolean).join(" · ");
  return h("div", { class: "who" }, h("b", {}, patient.name),
    h("span", {}, [born, sexWords(patient.sex)].filter(Boolean).join(" · ")), h("span", {}, place));
}

function agreed(detail: PatientDetail | null): HTMLElement | null {
  if (!detail) return null;
  const newest = detail.consents[0];
  if (!newest) return h("p", { class: "small" }, "Not asked about photos yet.");
  return h("p", { class: "small" }, newest.sentence, " ", h("b", {}, "Ask about anything else."));
}

function ago(at: string): string {
  const s = (Date.now() - Date.parse(at)) / 1000;
  return s < 90 ? "just now" : `at ${clock(at)}`;
}

function listRow(patient: Patient, visit: Visit, leave: (how: Leave) => void): HTMLElement {
  const open = (): void => leave({ go: "patient", patient, visit, detail: null });
  return h("button", { type: "button", class: "row-button", click: open },
    h("span", {}, `${patient.name} (${patient.age})`),
    h("time", { datetime: visit.starts_at }, clock(visit.starts_at)));
}

function waitingSection(leave: (how: Leave) => void): HTMLElement {
  return h("section", { class: "sheet stack", "aria-label": "Waiting here" },
    h("p", { class: "small soft" }, sealedWords),
    h("p", { class: "small soft" }, "You can keep taking consent and photos. We check names again when the server answers."),
    button("See what waits", () => leave({ go: "waiting" })));
}

/** Show home until the person chooses what to do. */
export function homeScreen(): Promise<Leave> {
  const { config, paired } = session();
  return screen<Leave>((leave, signal) => {
    const pushedBox = h("div", { class: "stack" });
    const list = h("section", { class: "next", "aria-label": "Next on your list" });
    const stale = h("p", { class: "note", role: "status" });
    const alarm = h("div", { hidden: true });
    const drawAlarm = async (): Promise<void> => {
      const notice = await alarmNotice();
      alarm.hidden = !notice;
      if ((notice?.textContent ?? "") !== alarm.textContent) put(alarm, notice);
    };
    const checks = h("div", { class: "stack" });
    let owed: string | null = null;
    const drawChecks = (): void => {
      const due = checksDue(asks);
      if (due === owed) return;
      owed = due;
      put(checks,
        due ? h("section", { class: "notice" }, h("p", {}, due),
          button("Check now", () => leave({ go: "check" }))) : null,
        h("div", { class: "row" },
          due ? null : quiet("Check this phone", () => leave({ go: "check" })),
          paired.answer.person ? null : quiet("Hand this phone back", () => leave({ go: "handback" }))));
    };
    const bar = h("div", { class: "stack bar-stack" });
    let detail: PatientDetail | null = null;
    let detailFor = "";
    let shown = "";

    const lockLink = quiet(`${config.person.name.split(" ").at(-2) ?? config.person.name}, lock now`, () => leave({ go: "lock" }));
    const drawBar = (): void => {
      const pushed = last?.home.pushed ?? null;
      const held = heldCount() > 0 && !news.sending;
      put(bar,
        pushed ? mainButton(`Start with ${pushed.patient.given}`, () => {
          void server.opened(pushed.patient.id);
          leave({
            go: "patient", patient: pushed.patient, visit: pushed.visit,
            detail: detailFor === pushed.patient.id ? detail : null,
          });
        }) : null,
        held && !pushed ? mainButton("Try to send now", () => void sendAll()) : null,
        button(pushed ? "Find someone else" : "Find a patient", () => leave({ go: "find" }), { "data-wide": true }));
    };
    const drawPushed = (): void => {
      const pushed = last?.home.pushed ?? null;
      put(pushedBox,
        heldCount() > 0 ? waitingSection(leave) : null,
        pushed ? h("section", { class: "sheet pushed", "aria-labelledby": "pushed" },
          h("h1", { class: "small soft plain-head", id: "pushed" }, `Sent from your computer ${ago(pushed.at)}`),
          who(pushed.patient), agreed(detailFor === pushed.patient.id ? detail : null))
          : h("h1", { class: "title" }, last ? "Next on your list" : "Loading your list"));
    };
    const drawList = (): void => {
      const rows = (last?.home.today ?? []).filter((row) => row.patient.id !== last?.home.pushed?.patient.id);
      put(list, ...(last
        ? rows.map((row) => listRow(row.patient, row.visit, leave))
        : [1, 2, 3].map(() => h("p", { class: "waiting", "aria-hidden": "true" }, "Loading"))),
        last && !rows.length ? h("p", { class: "empty" }, "Nobody else is on your list today.") : null);
    };
    const draw = (): void => {
      const now = JSON.stringify([last?.home.pushed, last?.home.today, detail?.patient.id, heldCount(), Boolean(news.sending)]);
      if (now === shown) return;
      shown = now;
      drawBar();
      drawPushed();
      drawList();
    };
    const look = async (): Promise<void> => {
      try {
        last = { home: await server.home(signal), at: new Date() };
        stale.textContent = "";
        const pushed = last.home.pushed;
        if (pushed && pushed.patient.id !== detailFor) {
          detailFor = pushed.patient.id;
          detail = null;
          detail = await server.patient(pushed.patient.id, pushed.visit?.id ?? null);
        }
      } catch (error) {
        if (!(error instanceof server.Silence || error instanceof server.Refused)) throw error;
        if (error instanceof server.Refused && error.code === "sign_in") { leave({ go: "lock" }); return; }
        stale.textContent = last
          ? `Last list from ${clock(last.at)}. The server doesn’t answer now.`
          : "The server doesn’t answer. You can still take photos: find a patient by name.";
        last ??= { home: { pushed: null, today: [], server_time: "", unmatched: 0 }, at: new Date() };
      }
      if (signal.aborted) return;
      draw();
      drawChecks();
      await drawAlarm();
      setTimeout(() => void look(), EVERY);
    };
    draw();
    void look();
    drawChecks();
    onNews(draw, signal);
    return {
      title: "Home", kind: "home",
      top: heldPanel(signal, lockLink),
      main: [
        alarm, pushedBox, list, stale, checks,
      ],
      bar: [bar],
    };
  });
}
