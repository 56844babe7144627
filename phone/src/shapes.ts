/** Shapes: what each answer of the server looks like, as a type and as the check of that type. */

export type Parse<T> = (value: unknown, at: string) => T;

/** An answer that is not what the contract says. It names the place, never the value. */
export class WrongShape extends Error {
  constructor(at: string) {
    super(`The server's answer is not as agreed, at ${at}.`);
  }
}

const is =
  <T>(test: (value: unknown) => value is T): Parse<T> =>
  (value, at) => {
    if (!test(value)) throw new WrongShape(at);
    return value;
  };
const text = is((v): v is string => typeof v === "string");
const num = is((v): v is number => typeof v === "number" && Number.isFinite(v));
const flag = is((v): v is boolean => typeof v === "boolean");
const nothing: Parse<unknown> = (value) => value;
const orNull =
  <T>(parse: Parse<T>): Parse<T | null> =>
  (value, at) =>
    value === null || value === undefined ? null : parse(value, at);
const or =
  <T>(parse: Parse<T>, otherwise: T): Parse<T> =>
  (value, at) =>
    value === null || value === undefined ? otherwise : parse(value, at);
const list =
  <T>(parse: Parse<T>): Parse<T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw new WrongShape(at);
    return value.map((item, i) => parse(item, `${at}[${i}]`));
  };
const table =
  <T>(parse: Parse<T>): Parse<Record<string, T>> =>
  (value, at) => {
    if (typeof value !== "object" || value === null) throw new WrongShape(at);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, parse(v, `${at}.${k}`)]));
  };
type Fields = Record<string, Parse<unknown>>;
type Shaped<F extends Fields> = { [K in keyof F]: F[K] extends Parse<infer T> ? T : never };
const shape =
  <F extends Fields>(fields: F): Parse<Shaped<F>> =>
  (value, at) => {
    if (typeof value !== "object" || value === null) throw new WrongShape(at);
    const given = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    for (const [key, parse] of Object.entries(fields)) out[key] = parse(given[key], `${at}.${key}`);
    return out as Shaped<F>;
  };
type Of<P> = P extends Parse<infer T> ? T : never;

const signed = shape({ text, signature: text });
const practice = shape({ id: text, name: text, zone: text, contact: or(text, "") });
const captureKey = shape({ id: text, public: text });

export const pairAnswer = shape({
  phone_id: text, person: orNull(shape({ id: text, name: text })), practice,
  capture_key: captureKey, receipt_key: text, audit_key: text, rp_id: text,
  checkpoint: orNull(signed),
});

const site = shape({
  code: text, name: text, region: text, view: text, paired: flag, sensitive: flag,
  group: or(text, ""), main: or(flag, false),
});
const view = shape({ code: text, name: text, required: flag, hint: or(text, ""), view: or(text, "") });
const captureSet = shape({ code: text, name: text, views: list(view) });
const settings = shape({
  lock_seconds: num, alarm_hours: num, incomplete_hours: num, max_photos_per_visit: num,
  max_long_edge: num, max_bytes: num, label_pattern: text, guardian_under: num,
  maturity_from: num, maturity_to: num, review_months: num,
});
export const configAnswer = shape({
  practice,
  person: shape({ id: text, name: text, roles: list(text) }),
  capture_key: captureKey,
  settings,
  notice: shape({ id: nothing, version: num, points: list(shape({ key: text, title: text, words: text })) }),
  uses: list(shape({ code: text, title: text, hint: or(text, ""), ask: flag, patient: or(text, "") })),
  recipients: list(text),
  countries: or(list(text), []),
  sites: list(site),
  sets: list(captureSet),
});

export const patientSummary = shape({
  id: text, name: text, given: text, born: text, age: num, sex: or(text, ""),
  record_number: or(text, ""), address: or(text, ""), restricted: flag,
});
export const visitSummary = shape({ id: text, starts_at: text, reason: or(text, "") });
export const homeAnswer = shape({
  pushed: orNull(shape({ patient: patientSummary, visit: orNull(visitSummary), at: text })),
  today: list(shape({ visit: visitSummary, patient: patientSummary })),
  server_time: text,
  unmatched: num,
});
export const patientsAnswer = shape({ patients: list(patientSummary) });
const consent = shape({
  id: text, agreed_at: text, method: text, scope: text, condition: or(text, ""),
  site_code: or(text, ""), side: or(text, ""), uses: table(text), review_on: orNull(text),
  sentence: text,
});
const pastSite = shape({
  code: text, side: or(text, ""), name: text, photo_id: text, taken_at: text,
  label: or(text, ""), diagnosis: or(text, ""), count: num, today: or(num, 0),
});
export const patientAnswer = shape({
  patient: patientSummary, visit: orNull(visitSummary), consents: list(consent),
  sites: list(pastSite),
});
export const consentAnswer = shape({ consent });

export const showingAnswer = shape({
  showing: shape({
    state: text, ends_at: text, code: or(text, ""), link: or(text, ""), square: or(list(text), []),
  }),
  consent: orNull(consent),
});

export const uploadAnswer = shape({ offset: or(num, -1), receipt: orNull(signed) });
export const stateAnswer = shape({
  state: text, offset: or(num, 0), receipt: orNull(signed),
  refused: orNull(shape({ code: text, message: text })),
});
export const beatAnswer = shape({
  checkpoint: orNull(signed), consistency: or(list(text), []), asks: or(list(text), []),
});
export const whereaboutsAnswer = shape({ photos_on_phone: num, in_record: num });
export const emptyAnswer: Parse<unknown> = nothing;
export const refusalAnswer = shape({ code: or(text, ""), message: or(text, ""), remedy: or(text, "") });

export type Pairing = Of<typeof pairAnswer>;
export type Config = Of<typeof configAnswer>;
export type Site = Of<typeof site>;
export type CaptureSet = Of<typeof captureSet>;
export type Patient = Of<typeof patientSummary>;
export type Visit = Of<typeof visitSummary>;
export type Home = Of<typeof homeAnswer>;
export type PatientDetail = Of<typeof patientAnswer>;
export type ConsentSummary = Of<typeof consent>;
export type PastSite = Of<typeof pastSite>;
export type Showing = Of<typeof showingAnswer>["showing"];
export type UploadState = Of<typeof stateAnswer>;

/** One use's answer in a consent, as call 6 sends it. */
export interface Decision {
  use: string;
  answer: "yes" | "no" | "not_asked";
  recipient: string;
  abroad: string[];
}
/** The body of call 6. */
export interface ConsentBody {
  patient: string | null;
  visit: string | null;
  notice: unknown;
  points: string[];
  decider: "patient" | "advocate";
  advocate_name: string;
  advocate_relationship: string;
  advocate_authority: string;
  advocate_evidence: string;
  maturity_note: string;
  interpreter: string;
  language: string;
  method: "signed" | "spoken" | "paper" | "emergency";
  signature: number[][][] | null;
  witness_name: string;
  scope: "visit" | "condition" | "site" | "standing";
  condition: string;
  site_code: string;
  side: string;
  uses: Decision[];
  told: string[];
  agreed_at: string;
  emergency_reason: string;
}
/** A name typed while the server is out of reach. */
export interface Hint {
  name: string;
  born: string;
}
