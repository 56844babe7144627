/** App: start; added to the practice or not; locked or not; one screen at a time. */

import * as camera from "./camera.ts";
import { lock, startLock } from "./lock.ts";
import { drain, freeOrphans, look } from "./outbox.ts";
import { endRoll, Roll, useRoll } from "./roll.ts";
import { Locked, screen } from "./screen.ts";
import { sendNow, startSending } from "./sending.ts";
import * as server from "./server.ts";
import { session, type Subject } from "./session.ts";
import type { PatientDetail } from "./shapes.ts";
import { setAside } from "./pairing.ts";
import { forget, kept } from "./store.ts";
import { followUpdates } from "./updates.ts";
import { button, h, mainButton } from "./page.ts";
import { cameraScreen, setScreen, shutScreen, type Leave as Shutter } from "./screens/camera.ts";
import { checkScreen } from "./screens/check.ts";
import { consentGate } from "./screens/consent.ts";
import { endScreen } from "./screens/end.ts";
import { fileScreen, newFileDraft } from "./screens/file.ts";
import { findScreen, typedScreen } from "./screens/find.ts";
import { forgetHome, homeScreen } from "./screens/home.ts";
import { addPhone } from "./screens/pair.ts";
import { selfCheckScreen } from "./screens/selfcheck.ts";
import { siteScreen } from "./screens/site.ts";
import { stoppedScreen } from "./screens/stopped.ts";
import { unlockScreen } from "./screens/unlock.ts";
import { waitingScreen } from "./screens/waiting.ts";

async function detailOf(subject: Subject): Promise<PatientDetail | null> {
  if (!subject.patient) return null;
  try {
    return await server.patient(subject.patient.id, subject.visit?.id ?? null);
  } catch (error) {
    if (error instanceof server.Silence) return null;
    throw error;
  }
}

/** Start with the site of the last photo: most visits go back to the same place. */
function lastSite(roll: Roll): void {
  const newest = [...(roll.subject.detail?.sites ?? [])].sort((a, b) => b.taken_at.localeCompare(a.taken_at))[0];
  roll.site = session().config.sites.find((site) => site.code === newest?.code) ?? null;
  roll.side = roll.site ? (newest?.side ?? "") : "";
}

async function shoot(roll: Roll): Promise<Shutter> {
  try {
    return await cameraScreen(roll, await camera.open());
  } catch (error) {
    if (error instanceof Locked) throw error;
    return { go: "shut", error };
  }
}

/** Take photos until the person goes on to file them. False when they left without any. */
async function take(roll: Roll): Promise<boolean> {
  for (;;) {
    const how = await shoot(roll);
    if (how.go === "site") await siteScreen(roll);
    else if (how.go === "set") await setScreen(roll);
    else if (how.go === "skip") roll.nextView();
    else if (how.go === "shot") await checkScreen(roll, how.shot);
    else if (how.go === "shut") {
      if ((await shutScreen(how.error)) === "back") return roll.frames.length > 0;
    } else return how.go === "file";
  }
}

async function fileThem(roll: Roll): Promise<"filed" | "more"> {
  const draft = newFileDraft();
  for (;;) {
    const how = await fileScreen(roll, draft);
    if (how === "site") await siteScreen(roll);
    else if (how === "more") return "more";
    else {
      if (how === "later") await roll.letGo();
      void sendNow();
      return "filed";
    }
  }
}

/** One patient, from consent to the end. */
async function photograph(chosen: Subject): Promise<void> {
  // Asked again at the start, as a yes may have been taken back since home was drawn.
  const subject = { ...chosen, detail: (await detailOf(chosen)) ?? chosen.detail };
  const consent = await consentGate(subject);
  if (!consent) return;
  const roll = new Roll(subject, consent);
  useRoll(roll);
  lastSite(roll);
  for (;;) {
    if (!(await take(roll)) && !roll.filed.length) { useRoll(undefined); return; }
    if (roll.frames.length && (await fileThem(roll)) === "more") continue;
    const detail = await detailOf(subject);
    const stands = detail?.consents.find((each) => each.id === consent) ?? detail?.consents[0] ?? null;
    if ((await endScreen(roll, stands)) === "done") { useRoll(undefined); return; }
  }
}

async function findOne(): Promise<void> {
  const found = await findScreen();
  const subject = found === "type" ? await typedScreen() : found;
  if (subject) await photograph(subject);
}

async function handBack(): Promise<void> {
  const sure = await screen<boolean>((leave) => ({
    title: "Hand back", kind: "handback",
    main: [h("h1", { class: "sentence" }, "Hand this phone back"),
      h("p", {}, "It signs you out here. The next person signs in with their own passkey.")],
    bar: [mainButton("Hand it back", () => leave(true)), button("Back", () => leave(false), { "data-wide": true })],
  }));
  if (!sure) return;
  if ((await look()).length) {
    await drain({ all: true });
    if ((await look()).length) return waitingScreen();
  }
  await server.handBack();
  await forget("credential");
  await forget("config");
  await lock();
}

/** Everything between unlock and lock. */
async function unlocked(): Promise<never> {
  for (;;) {
    const how = await homeScreen();
    if (how.go === "patient") {
      await photograph({ patient: how.patient, visit: how.visit, hint: null, detail: how.detail });
    } else if (how.go === "find") await findOne();
    else if (how.go === "waiting") await waitingScreen();
    else if (how.go === "check") await selfCheckScreen();
    else if (how.go === "handback") await handBack();
    else await lock();
  }
}

/** Something went wrong that nobody foresaw: say what is safe, and go on. */
async function broken(error: unknown): Promise<void> {
  const words = error instanceof server.Refused ? [error.message, error.remedy]
    : error instanceof server.Silence ? ["The practice server stopped answering."]
      : ["Safelight could not do this."];
  await screen<null>((leave) => ({
    title: "Not done", kind: "refused",
    main: [h("section", { class: "refusal", role: "alert" }, h("h1", { class: "title" }, "Not done."),
      ...words.filter(Boolean).map((each) => h("p", {}, each)),
      h("p", {}, "Photos you kept are safe on this phone, sealed."))],
    bar: [mainButton("Go on", () => leave(null))],
  }));
}

let stopped: "phone_revoked" | "phone_lost" | undefined;

async function oneSession(): Promise<void> {
  const paired = await kept("paired");
  if (!paired) {
    await addPhone();
    startSending();
    return;
  }
  await unlockScreen(paired);
  if ((await kept("checked")) === "due") {
    await forget("checked");
    await selfCheckScreen();
  }
  for (;;) {
    try {
      await unlocked();
    } catch (error) {
      if (error instanceof Locked) return;
      await endRoll();
      if (error instanceof server.Refused && error.code === "sign_in") return lock();
      await broken(error);
    }
  }
}

async function run(): Promise<never> {
  for (;;) {
    try {
      await oneSession();
    } catch (error) {
      if (!(error instanceof Locked)) throw error;
    }
    if (stopped) {
      await stoppedScreen(stopped);
      await setAside();
      stopped = undefined;
    }
  }
}

async function start(): Promise<void> {
  server.onEnded((code) => {
    stopped ??= code;
    void lock(true);
  });
  startLock(async () => {
    camera.close();
    forgetHome();
    if (stopped !== "phone_lost") await endRoll();
    void sendNow();
  });
  followUpdates();
  await freeOrphans();
  if (await kept("paired")) startSending();
  await run();
}

void start();
