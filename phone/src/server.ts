/** Server: the only place that speaks to the network. Every call is signed; every answer is checked. */

import { utf8, type Bytes } from "./bytes.ts";
import * as shapes from "./shapes.ts";
import { pieceText, requestText, signText } from "./sign.ts";
import { kept } from "./store.ts";

const API = "/phone/api/";
export const PATIENCE = 12_000;

/** No answer: out of reach, too slow, or the server is in trouble. Nothing is lost by it. */
export class Silence extends Error {}

/** The server said no, in words for the person. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    const said = shapes.refusalAnswer(typeof body === "object" && body ? body : {}, "refusal");
    super(said.message || "The practice server said no.");
    this.status = status;
    this.code = said.code;
    this.remedy = said.remedy;
    this.body = body;
  }
}

type Ended = "phone_revoked" | "phone_lost";
let whenEnded: (code: Ended) => void = () => undefined;
/** Be told when the practice has stopped this phone. */
export function onEnded(tell: (code: Ended) => void): void {
  whenEnded = tell;
}

let skew = 0;
let reachedAt = 0;
/** When the server last answered, by this phone's clock; 0 if never since the start. */
export const lastReached = (): number => reachedAt;

interface Wanted {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  raw?: Bytes;
  patience?: number;
  signal?: AbortSignal;
}

/** Ends after a time, or sooner with the screen that asked. By hand: Safari has `any` only from 17.4. */
function limited(ms: number, sooner?: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(ms);
  if (!sooner) return late;
  const either = new AbortController();
  for (const each of [late, sooner]) {
    const end = (): void => either.abort(each.reason);
    if (each.aborted) end();
    each.addEventListener("abort", end, { once: true, signal: either.signal });
  }
  return either.signal;
}

async function answerOf(path: string, wanted: Wanted, headers: Record<string, string>): Promise<Response> {
  const init: RequestInit = {
    method: wanted.method ?? "GET", headers, credentials: "same-origin", cache: "no-store",
    redirect: "error", signal: limited(wanted.patience ?? PATIENCE, wanted.signal),
  };
  if (wanted.raw) init.body = wanted.raw;
  let response: Response;
  try {
    // eslint-disable-next-line no-restricted-globals -- the one call
    response = await fetch(path, init);
  } catch (error) {
    throw new Silence(String(error));
  }
  noteClock(response);
  if (response.status >= 500 && response.status !== 507) throw new Silence(`${response.status}`);
  reachedAt = Date.now();
  return response;
}

function noteClock(response: Response): void {
  const said = Date.parse(response.headers.get("date") ?? "");
  if (said) skew = Math.abs(said - Date.now()) > 60_000 ? said - Date.now() : 0;
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/** An answer that was cut on its way is no answer: what it said is asked again. */
async function whole(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new Silence(String(error));
  }
}

async function refuse(response: Response): Promise<never> {
  const refused = new Refused(response.status, await json(response));
  if (refused.code === "phone_revoked" || refused.code === "phone_lost") whenEnded(refused.code);
  throw refused;
}

async function signedHeaders(method: string, path: string, body: Bytes): Promise<Record<string, string>> {
  const paired = await kept("paired");
  if (!paired) throw new Silence("not paired");
  const time = Math.floor((Date.now() + skew) / 1000);
  return {
    "Safelight-Phone": paired.answer.phone_id,
    "Safelight-Time": String(time),
    "Safelight-Signature": await signText(paired.keys, await requestText(method, path, time, body)),
  };
}

/** A phone whose clock is off learns by how much from the first answer, and signs that call anew. */
async function ask(path: string, wanted: Wanted = {}): Promise<Response> {
  const before = skew;
  try {
    return await askOnce(path, wanted);
  } catch (error) {
    const late = error instanceof Refused && error.code === "clock_wrong" && skew !== before;
    if (!late) throw error;
    return askOnce(path, wanted);
  }
}

async function askOnce(path: string, wanted: Wanted): Promise<Response> {
  const method = wanted.method ?? "GET";
  const sent: Wanted = { ...wanted };
  if (wanted.body !== undefined) sent.raw = utf8(JSON.stringify(wanted.body));
  const headers = await signedHeaders(method, API + path, sent.raw ?? new Uint8Array());
  if (sent.raw) headers["Content-Type"] = "application/json";
  const response = await answerOf(API + path, sent, { Accept: "application/json", ...headers });
  return response.ok ? response : refuse(response);
}

async function call<T>(parse: shapes.Parse<T>, path: string, wanted: Wanted = {}): Promise<T> {
  return parse(await whole(await ask(path, wanted)), path.split(/[/?]/)[0] ?? path);
}

/** Call 1: join the practice with a code used once. The only call without a signature. */
export async function pair(body: Record<string, unknown>): Promise<shapes.Pairing> {
  const raw = utf8(JSON.stringify(body));
  const response = await answerOf(`${API}pair`, { method: "POST", raw }, {
    Accept: "application/json", "Content-Type": "application/json",
  });
  return response.ok ? shapes.pairAnswer(await whole(response), "pair") : refuse(response);
}

export const config = (): Promise<shapes.Config> => call(shapes.configAnswer, "config");
export const home = (signal?: AbortSignal, patience = 4000): Promise<shapes.Home> =>
  call(shapes.homeAnswer, "home", signal ? { signal, patience } : { patience });
/** What the desk sent was opened: home need not offer it again. A lost answer costs nothing. */
export const opened = async (patient: string): Promise<void> => {
  await ask("home/opened", { method: "POST", body: { patient } }).catch(() => undefined);
};
export const patients = async (words: string, signal: AbortSignal): Promise<shapes.Patient[]> =>
  (await call(shapes.patientsAnswer, "patients", { method: "POST", body: { q: words }, signal })).patients;
export const patient = (id: string, visit: string | null): Promise<shapes.PatientDetail> =>
  call(shapes.patientAnswer, `patients/${id}${visit ? `?visit=${visit}` : ""}`);
export const putConsent = async (id: string, body: shapes.ConsentBody): Promise<shapes.ConsentSummary> =>
  (await call(shapes.consentAnswer, `consents/${id}`, { method: "PUT", body })).consent;

/** Call 13: show a consent on the patient's own phone, ask how far it is, or take it back. */
export const show = async (id: string, body: shapes.ConsentBody): Promise<shapes.Showing> =>
  (await call(shapes.showingAnswer, `consents/${id}/showing`, { method: "PUT", body })).showing;
export const shown = async (id: string, signal: AbortSignal): Promise<shapes.Showing> =>
  (await call(shapes.showingAnswer, `consents/${id}/showing`, { signal, patience: 4000 })).showing;
export const unshow = async (id: string): Promise<shapes.Showing> =>
  (await call(shapes.showingAnswer, `consents/${id}/showing`, { method: "DELETE" })).showing;

/** Call 7, first part: say what will come. */
export const announce = (
  id: string,
  body: { size: number; sha256: string; sealed_at: string; kind: string },
): ReturnType<typeof shapes.uploadAnswer> extends infer T ? Promise<T> : never =>
  call(shapes.uploadAnswer, `captures/${id}`, { method: "POST", body });

/** Call 7, second part: one piece. A wrong offset comes back as the right one. */
export async function piece(
  id: string,
  digest: string,
  offset: number,
  raw: Bytes,
): Promise<ReturnType<typeof shapes.uploadAnswer>> {
  const paired = await kept("paired");
  if (!paired) throw new Silence("not paired");
  const headers = {
    Accept: "application/json",
    "Content-Type": "application/octet-stream",
    "Upload-Offset": String(offset),
    "Safelight-Phone": paired.answer.phone_id,
    "Safelight-Signature": await signText(paired.keys, pieceText(id, digest)),
  };
  const path = `${API}captures/${id}`;
  const response = await answerOf(path, { method: "PATCH", raw, patience: 60_000 }, headers);
  if (response.ok) return shapes.uploadAnswer(await whole(response), "piece");
  if (response.status !== 409) return refuse(response);
  const body = await whole(response);
  const true_ = (body as { offset?: unknown } | null)?.offset;
  if (typeof true_ !== "number") throw new Refused(409, body);
  return { offset: true_, receipt: null };
}

export const captureState = (id: string): Promise<shapes.UploadState> =>
  call(shapes.stateAnswer, `captures/${id}`);
/** Call 8: the last photo of a site, for the finder only. It is decoded, drawn and dropped. */
export const ghost = async (photo: string, signal: AbortSignal): Promise<Blob> =>
  (await ask(`photos/${photo}/ghost`, { signal })).blob();
export const beat = (body: Record<string, unknown>): Promise<ReturnType<typeof shapes.beatAnswer>> =>
  call(shapes.beatAnswer, "beat", { method: "POST", body });
export const selfCheck = (body: Record<string, unknown>): Promise<unknown> =>
  call(shapes.emptyAnswer, "self-check", { method: "POST", body });
export const declare = (body: { backup_off: boolean; updated: boolean }): Promise<unknown> =>
  call(shapes.emptyAnswer, "declare", { method: "POST", body });
export const handBack = (): Promise<unknown> =>
  call(shapes.emptyAnswer, "hand-back", { method: "POST", body: {} });
export const whereabouts = (id: string): Promise<{ photos_on_phone: number; in_record: number }> =>
  call(shapes.whereaboutsAnswer, `photos/${id}/whereabouts`);

/** What a sign-in call answers; `mark` goes back with the post that follows it. */
export interface SignInAnswer {
  status: number;
  body: unknown;
  mark: string;
}

async function signInCall(path: string, sent: Wanted, more: Record<string, string>): Promise<SignInAnswer> {
  const response = await answerOf(`/_allauth/browser/v1/${path}`, sent, { Accept: "application/json", ...more });
  const mark = response.headers.get("Safelight-Csrf") ?? "";
  return { status: response.status, body: await json(response), mark };
}

/** Ask the sign-in part of the server for a passkey's challenge, and its mark against forgery. */
export const signInAsk = (path: string): Promise<SignInAnswer> => signInCall(path, {}, {});
/** Answer the challenge. */
export const signInTell = (path: string, body: unknown, mark: string): Promise<SignInAnswer> =>
  signInCall(path, { method: "POST", raw: utf8(JSON.stringify(body)) }, {
    "Content-Type": "application/json", "X-CSRFToken": mark,
  });
