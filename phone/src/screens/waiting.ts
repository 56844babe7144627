/** Waiting: what this phone still holds, why, and what would help. It names nobody: it can't. */

import { news, onNews, REFUSED, throwAway } from "../outbox.ts";
import { button, h, mainButton, put, quiet } from "../page.ts";
import { screen } from "../screen.ts";
import { sendAll } from "../sending.ts";
import type { Waiting } from "../store.ts";
import { clock, day, sealedWords } from "../words.ts";
import { alarmNotice } from "./alarm.ts";

const MENDS: Record<string, string> = {
  no_consent: "Open the patient, record the consent, then send again. The photo is kept here, sealed, until then.",
  photo_too_large: "It is larger than the practice takes in. Tell the practice manager.",
  unreadable: "The photo arrived damaged, so it was not filed. Send it again.",
  other_content: "Look at what arrived before: if it shows the same, this one may be thrown away.",
  receipt: "Tell the practice’s IT person. A phone that is stopped and added again gets the practice’s key anew.",
  ...Object.fromEntries(["not_found", "mismatch"].map((code) => [code,
    "Ask for a code for the person or practice this phone belonged to then, and add it again with that. Else it can only be thrown away."])),
};
const WHYS: Record<string, string> = {
  not_found: "It was sealed when the practice knew this phone as another one.",
};
const what = (item: Waiting): string => (item.kind === "photo" ? "1 photo" : "1 consent");
const why = (item: Waiting): string =>
  WHYS[item.refused?.code ?? ""] ?? news.refusals.get(item.id)?.message ?? REFUSED;
const mend = (item: Waiting): string =>
  MENDS[item.refused?.code ?? ""] ?? "Tell the practice manager. It stays here, sealed.";

function state(item: Waiting): string {
  if (news.sending?.id === item.id) return `Sending, ${Math.floor((100 * news.sending.sent) / item.size)} %`;
  if (news.arrived.has(item.id)) return "Arrived, being filed";
  if (item.refused) return why(item);
  return item.ready ? "Sealed, waiting to be sent" : "Sealed, its label is being written";
}

function row(item: Waiting, leave: (item: Waiting) => void): HTMLElement {
  return h("li", {},
    h("b", {}, what(item)),
    h("time", { class: "small", datetime: item.sealed_at }, `${day(item.sealed_at)}, ${clock(item.sealed_at)}`),
    h("span", {}, state(item)),
    item.refused ? h("span", {}, h("b", {}, mend(item))) : null,
    item.refused?.final ? quiet(`Throw this ${item.kind} away`, () => leave(item)) : null);
}

/** Ask once more before something goes that nobody else has. True: it goes. */
function sureScreen(item: Waiting): Promise<boolean> {
  return screen<boolean>((leave) => ({
    title: "Throw away?", kind: "waiting",
    main: [
      h("section", { class: "refusal", role: "alert" },
        h("h1", { class: "title" }, `Throw this ${item.kind} away?`),
        h("p", {}, `It was sealed ${day(item.sealed_at)}, ${clock(item.sealed_at)}. ${why(item)}`),
        h("p", {}, "It is nowhere but on this phone. Nobody can bring it back.")),
      h("p", { class: "soft" }, mend(item)),
    ],
    bar: [mainButton("Keep it", () => leave(false)), button("Throw it away", () => leave(true), { "data-wide": true })],
  }));
}

/** Show the queue, and let go of what was refused for good when the person says so twice. */
export async function waitingScreen(): Promise<void> {
  for (let chosen = await listScreen(); chosen; chosen = await listScreen()) {
    if (await sureScreen(chosen)) await throwAway(chosen);
  }
}

async function listScreen(): Promise<Waiting | null> {
  const alarm = await alarmNotice();
  return screen<Waiting | null>((leave, signal) => {
    const list = h("ul", { class: "waits", "aria-live": "polite" });
    const draw = (): void => put(list, ...news.waiting.map((item) => row(item, leave)),
      news.waiting.length ? null : h("li", {}, h("span", {}, "Nothing waits here. Everything has arrived.")));
    draw();
    onNews(draw, signal);
    return {
      title: "Waiting here", kind: "waiting",
      main: [
        h("h1", { class: "sentence" }, "Waiting here"),
        alarm,
        h("section", { class: "sheet" }, list),
        h("p", { class: "small soft" }, sealedWords),
      ].filter((each) => each !== null),
      bar: [mainButton("Try to send now", () => void sendAll()), button("Back", () => leave(null), { "data-wide": true })],
    };
  });
}
