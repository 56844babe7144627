/** Held: the number that matters, on every screen, locked or not. */

import { h, put } from "./page.ts";
import { news, onNews } from "./outbox.ts";
import { lastReached } from "./server.ts";
import { kept } from "./store.ts";
import { clock, photos, span } from "./words.ts";

let inHand = 0;
let handWords = "";
const redraw = new Set<() => void>();

/** Photos in memory that are not sealed yet: being checked, or being labelled before the first seal. */
export function holdInHand(count: number, words: string): void {
  inHand = count;
  handWords = words;
  for (const draw of redraw) draw();
}

/** How many photos this phone holds. */
export const heldCount = (): number =>
  inHand + news.waiting.filter((item) => item.kind === "photo").length;

let alarmHours = 12;
/** After how long the practice wants to see red. */
export function setAlarm(hours: number): void {
  alarmHours = hours;
}

/** In the vault, outside for a reason, or outside for too long. */
export function heldState(): "in" | "out" | "alarm" {
  if (heldCount() === 0) return "in";
  const oldest = news.waiting.find((item) => item.kind === "photo");
  const age = oldest ? Date.now() - Date.parse(oldest.sealed_at) : 0;
  return age > alarmHours * 3_600_000 ? "alarm" : "out";
}

function aside(): string {
  if (inHand) return handWords;
  const waiting = news.waiting.filter((item) => item.kind === "photo");
  if (!waiting.length) return "";
  if (news.sending) {
    const share = Math.floor((100 * news.sending.sent) / news.sending.size);
    return `Sending, ${share} %`;
  }
  const arrived = waiting.filter((item) => news.arrived.has(item.id)).length;
  if (arrived) return `Arrived: ${arrived} of ${waiting.length}`;
  if (heldState() === "alarm") return "Too long";
  return "Sealed";
}

function follow(draw: () => void, signal: AbortSignal): void {
  draw();
  onNews(draw, signal);
  redraw.add(draw);
  const timer = setInterval(draw, 10_000);
  signal.addEventListener("abort", () => {
    redraw.delete(draw);
    clearInterval(timer);
  });
}

/** The line at the top of a screen. */
export function heldLine(signal: AbortSignal): HTMLElement {
  const line = h("p", { class: "held", role: "status" });
  follow(() => {
    const state = heldState();
    const more = aside();
    const words = `${state}|${heldCount()}|${more}`;
    if (line.dataset.words === words) return;
    line.dataset.words = words;
    line.dataset.state = state;
    put(line, h("span", { class: "mark", "data-state": state }),
      h("span", {}, "This phone holds ", h("b", {}, photos(heldCount()))),
      more ? h("span", {}, more) : null);
  }, signal);
  return line;
}

/** Since when the server has not answered, or since when the oldest photo waits. */
async function why(): Promise<string> {
  const [filed, reached] = [await kept("filed"), await kept("reached")];
  if (heldCount() === 0) {
    if (filed && Date.now() - Date.parse(filed.at) < 12 * 3_600_000) {
      return `Last one filed and gone from here at ${clock(filed.at)}.`;
    }
    return reached ? `Checked with the practice at ${clock(reached)}.` : "Not yet checked with the practice.";
  }
  if (news.refusals.size) return "The practice did not file one of them. Open the list to see why.";
  if (news.sending) return "Sending now.";
  const last = Math.max(lastReached(), Date.parse(reached ?? "") || 0);
  const silent = last ? span(Date.now() - last) : "some time";
  if (Date.now() - last < 45_000) return "On the way to the practice.";
  return `Out of reach of the practice server for ${silent}. It will send by itself when it can.`;
}

/** The large count of the unlock and home screens. */
export function heldPanel(signal: AbortSignal, aside?: HTMLElement): HTMLElement {
  const number = h("p", { class: "number" });
  const reason = h("p", { class: "small" });
  const panel = h("section", { class: "holds", "aria-label": "Photos on this phone" },
    h("div", { class: "row" }, h("p", { class: "lead" }, "This phone holds"), aside), number, reason);
  let shown = "";
  follow(() => {
    const n = heldCount();
    panel.dataset.state = heldState();
    void why().then((words) => {
      const consents = news.waiting.filter((item) => item.kind === "consent").length;
      const extra = consents ? ` ${consents === 1 ? "1 consent waits" : `${consents} consents wait`} too.` : "";
      const now = `${n}|${words}${extra}`;
      if (now === shown || signal.aborted) return;
      shown = now;
      put(number, String(n), h("span", {}, n === 1 ? "photo" : "photos"));
      reason.textContent = words + extra;
    });
  }, signal);
  return panel;
}
