/** Words: how Safelight says dates, counts and the sentences that many screens share. */

let zone = "Australia/Sydney";

/** Say times in the practice's zone, wherever the phone thinks it is. */
export function useZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en-AU", { timeZone: name });
    zone = name;
  } catch {
    zone = "Australia/Sydney";
  }
}

const shown = (options: Intl.DateTimeFormatOptions, when: Date): string =>
  new Intl.DateTimeFormat("en-AU", { timeZone: zone, ...options }).format(when).replace(/\u202f/g, " ");

/** "3:31 pm" */
export const clock = (when: string | Date): string =>
  shown({ hour: "numeric", minute: "2-digit", hour12: true }, new Date(when));

/** "2026-11-22": the calendar day on which something happened where the practice is. */
export const localDay = (when: string | Date): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" })
    .format(new Date(when));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const month = (n: number): string => MONTHS[n - 1] ?? "";

/** "8 Jul", with the year when it is not this one. */
export function day(when: string | Date): string {
  const parts = (at: Date): number[] =>
    shown({ day: "numeric", month: "numeric", year: "numeric" }, at).split("/").map(Number);
  const [date = 1, m = 1, year = 0] = parts(new Date(when));
  const same = year === parts(new Date())[2];
  return same ? `${date} ${month(m)}` : `${date} ${month(m)} ${year}`;
}

/** "12 Mar 1968" for a calendar date, which has no zone. */
export function birthday(born: string): string {
  const [year = 0, m = 1, date = 1] = born.split("-").map(Number);
  return `${date} ${month(m)} ${year}`;
}

/** "2 h 10 min", "40 s": how long something has lasted. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** "1 photo", "3 photos" */
export const photos = (n: number): string => (n === 1 ? "1 photo" : `${n} photos`);

/** "a, b and c" */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

/** Put what a patient would say of themselves so that somebody can say it for them. */
export const forSomeone = (text: string, given: string): string =>
  text.replace(/\bmy\b/gi, `${given}’s`).replace(/\bme\b/gi, given);

/** What was answered no, whoever decided: a parent may have, so nobody is told that they did. */
export function refusedWords(titles: readonly string[]): string {
  const no = titles.map((title) => title.charAt(0).toLowerCase() + title.slice(1));
  return no.length ? `The answer was no to ${listed(no)}. Not asked counts as no.` : "Not asked counts as no.";
}

/** What the practice still asks of this phone, new or old, or nothing. */
export function checksDue(asks: readonly string[]): string {
  if (asks.includes("self_check")) return "This phone has not been checked yet.";
  return asks.includes("declare") ? "Backup and updates need to be confirmed on this phone." : "";
}

/** A sex as a card says it: alone where one word is plain, else with what the word is about. */
export const sexWords = (sex: string): string =>
  sex === "" || sex === "Female" || sex === "Male" ? sex : `Sex: ${sex.toLowerCase()}`;

/** The first letter of a sentence. */
export const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Fill a label's pattern. Parts that are not known fall away with the marks around them. */
export function labelFrom(pattern: string, parts: Record<string, string>): string {
  const filled = pattern.replace(/[{<](\w+)[}>]/g, (_, name: string) => parts[name] ?? "");
  const tidy = filled
    .replace(/\(\s*\)/g, "")
    .replace(/\s+/g, " ")
    .replace(/^[\s\-–,]+|[\s\-–,]+$/g, "");
  return upper(tidy).slice(0, 80);
}

export const sides: Record<string, string> = { L: "left", R: "right", B: "both sides", "": "" };

/** "left forearm, front": a site as a clinician says it. */
export function siteWords(name: string, side: string): string {
  if (side === "B") return `${name}, both sides`;
  return side ? `${sides[side] ?? ""} ${name}` : name;
}

export const sealedWords =
  "They are sealed. This phone cannot open them: the key stays at the practice. " +
  "They are safe if the battery dies.";
export const noServer = "The practice server doesn’t answer from here. Nothing is lost.";
