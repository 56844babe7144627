/** Session: who is using the phone and what the practice has set, as long as it is unlocked. */

import type { Config, Hint, Patient, PatientDetail, Visit } from "./shapes.ts";
import type { Paired } from "./store.ts";
import { setAlarm } from "./held.ts";
import { useZone } from "./words.ts";

export interface Session {
  paired: Paired;
  config: Config;
  unlockedAt: string;
  /** Opened without the server: nothing can be looked up until it answers. */
  offline: boolean;
}
/** Who is photographed: a patient of the practice, or a name typed while it is out of reach. */
export interface Subject {
  patient: Patient | null;
  visit: Visit | null;
  hint: Hint | null;
  detail: PatientDetail | null;
}

let open: Session | undefined;

/** Begin an unlocked session. */
export function begin(session: Session): void {
  open = session;
  useZone(session.config.practice.zone);
  setAlarm(session.config.settings.alarm_hours);
}

/** The session; only screens behind the lock ask for it. */
export function session(): Session {
  if (!open) throw new Error("locked");
  return open;
}

/** "Pat" of a patient, or the whole name as typed. */
export const given = (subject: Subject): string => subject.patient?.given ?? subject.hint?.name.split(", ").at(-1) ?? "";
export const fullName = (subject: Subject): string => subject.patient?.name ?? subject.hint?.name ?? "";
export const bornOn = (subject: Subject): string => subject.patient?.born ?? subject.hint?.born ?? "";

/** Whole years from a birth date to a day. */
export function ageOn(born: string, at: Date): number {
  const [year = 0, month = 1, day = 1] = born.split("-").map(Number);
  const had = at.getMonth() + 1 > month || (at.getMonth() + 1 === month && at.getDate() >= day);
  return at.getFullYear() - year - (had ? 0 : 1);
}
