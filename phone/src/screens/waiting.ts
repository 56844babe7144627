/** Waiting: what this phone still holds, why, and what would help. It names nobody: it can't. */

import { news, onNews } from "../outbox.ts";
import { button, h, mainButton, put } from "../page.ts";
import { screen } from "../screen.ts";
import { sendNow } from "../sending.ts";
import { kept } from "../store.ts";
import { clock, day, sealedWords } from "../words.ts";

const MENDS: Record<string, string> = {
  no_consent: "Open the patient, record the consent, then send again. The photo is kept here, sealed, until then.",
  photo_too_large: "It is larger than the practice takes in. Tell the practice manager.",
  unreadable: "The photo arrived damaged, so it was not filed. Send it again.",
};
const ALARMS: Record<string, string> = {
  receipt: "A receipt was not signed by the practice. The photos stay here. Tell the practice’s IT person.",
  checkpoint: "The practice’s log was not signed as it should be. Tell the privacy officer.",
  log: "The practice’s log was changed after this phone had seen it. Tell the privacy officer.",
};

function row(item: (typeof news.waiting)[number]): HTMLElement {
  const refused = news.refusals.get(item.id);
  const sending = news.sending?.id === item.id ? `Sending, ${Math.floor((100 * news.sending.sent) / item.size)} %` : "";
  const state = refused ? refused.message
    : sending || (news.arrived.has(item.id) ? "Arrived, being filed" : item.ready ? "Sealed, waiting to be sent" : "Sealed, its label is being written");
  return h("li", {},
    h("b", {}, item.kind === "photo" ? "1 photo" : "1 consent"),
    h("time", { class: "small", datetime: item.sealed_at }, `${day(item.sealed_at)}, ${clock(item.sealed_at)}`),
    h("span", {}, state),
    refused ? h("span", {}, h("b", {}, MENDS[refused.code] ?? "Tell the practice manager. It stays here, sealed.")) : null);
}

/** Show the queue. */
export async function waitingScreen(): Promise<void> {
  const alarm = await kept("alarm");
  await screen<null>((leave, signal) => {
    const list = h("ul", { class: "waits", "aria-live": "polite" });
    const draw = (): void => put(list, ...news.waiting.map(row),
      news.waiting.length ? null : h("li", {}, h("span", {}, "Nothing waits here. Everything has arrived.")));
    draw();
    onNews(draw, signal);
    return {
      title: "Waiting here", kind: "waiting",
      main: [
        h("h1", { class: "sentence" }, "Waiting here"),
        alarm ? h("section", { class: "notice", "data-kind": "alarm", role: "alert" }, h("p", {}, ALARMS[alarm] ?? alarm)) : null,
        h("section", { class: "sheet" }, list),
        h("p", { class: "small soft" }, sealedWords),
      ].filter((each) => each !== null),
      bar: [mainButton("Try to send now", () => void sendNow()), button("Back", () => leave(null), { "data-wide": true })],
    };
  });
}
