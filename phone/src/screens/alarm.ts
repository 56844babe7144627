/** Alarm: this phone found a signature or the practice's log wrong. It says so until it is mended. */

import { h } from "../page.ts";
import { kept } from "../store.ts";

const ENDS = "It is said here until this phone is stopped and added again.";
const ALARMS: Record<string, readonly [string, string]> = {
  receipt: ["A receipt was not signed by the practice. The photos stay here. Tell the practice’s IT person.",
    "It is said here until a receipt is right again."],
  checkpoint: ["The practice’s log was not signed as it should be. Tell the privacy officer.", ENDS],
  log: ["The practice’s log was changed after this phone had seen it. Tell the privacy officer.", ENDS],
};

/** The alarm that stands, in words, or nothing. */
export async function alarmNotice(): Promise<HTMLElement | null> {
  const alarm = await kept("alarm");
  if (!alarm) return null;
  const [means, ends] = ALARMS[alarm] ?? [alarm, ENDS];
  return h("section", { class: "notice", "data-kind": "alarm", role: "alert" },
    h("div", { class: "stack" }, h("p", {}, means), h("p", { class: "small" }, ends)));
}
