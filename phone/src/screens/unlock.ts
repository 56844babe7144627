/** P1 Unlock: the count shows while locked; the phone's own face, finger or PIN opens it. */

import { heldCount, heldPanel, heldState } from "../held.ts";
import { unlock } from "../lock.ts";
import { h, mainButton, put, quiet } from "../page.ts";
import { localCheck, rememberPasskey, signIn } from "../passkey.ts";
import { screen } from "../screen.ts";
import * as server from "../server.ts";
import { begin } from "../session.ts";
import { forget, kept, keep, type Paired } from "../store.ts";

type Way = { offline: boolean } | { failed: string };

const NOT_UNLOCKED = "Not unlocked. Try again, or ask the practice to let you back in.";

async function sessionLives(): Promise<"yes" | "no" | "silent"> {
  try {
    await server.home(undefined, 2500);
    return "yes";
  } catch (error) {
    if (error instanceof server.Silence) return "silent";
    if (error instanceof server.Refused) return "no";
    throw error;
  }
}

async function open(paired: Paired, someoneElse: boolean): Promise<Way> {
  const lives = someoneElse ? "no" : await sessionLives();
  const known = await kept("credential");
  if (lives !== "no" && known) {
    const fine = await localCheck(paired.answer.rp_id);
    return fine ? { offline: lives === "silent" } : { failed: NOT_UNLOCKED };
  }
  if (lives === "silent") {
    return { failed: "The practice server doesn’t answer, and nobody has unlocked this phone yet. Join the practice’s network and try again." };
  }
  const person = someoneElse ? null : (known?.person ?? paired.answer.person?.id ?? null);
  if ((await signIn(person)) !== "done") return { failed: NOT_UNLOCKED };
  if (someoneElse) {
    await forget("credential"); // whoever had it before: what is kept of them is not the next one's
    await forget("config");
  }
  return { offline: false };
}

async function settle(paired: Paired, offline: boolean): Promise<string | null> {
  let config = await kept("config");
  if (!offline) {
    try {
      config = await server.config();
      await keep("config", config);
      await rememberPasskey(config.person.id);
    } catch (error) {
      if (error instanceof server.Refused) return `${error.message} ${error.remedy}`;
      if (!(error instanceof server.Silence)) throw error;
    }
  }
  if (!config) return "The practice’s settings are not on this phone yet. Unlock once within reach of the server.";
  begin({ paired, config, offline, unlockedAt: new Date().toISOString() });
  unlock(config.settings.lock_seconds);
  return null;
}

async function tryOpen(paired: Paired, someoneElse: boolean): Promise<string | null> {
  try {
    const way = await open(paired, someoneElse);
    return "failed" in way ? way.failed : await settle(paired, way.offline);
  } catch (error) {
    if (error instanceof DOMException) return NOT_UNLOCKED;
    if (error instanceof server.Silence) return "The practice server stopped answering. Try again.";
    if (error instanceof server.Refused) return `${error.message} ${error.remedy}`;
    throw error;
  }
}

/** Wait until somebody has proved who they are. */
export async function unlockScreen(paired: Paired): Promise<void> {
  const person = (await kept("config"))?.person;
  const own = paired.answer.person !== null;
  const practice = paired.answer.practice;
  await screen<null>((leave, signal) => {
    const problem = h("p", { role: "alert", class: "problem" });
    const attempt = async (someoneElse: boolean): Promise<void> => {
      if (someoneElse && heldCount() > 0) {
        put(problem, "This phone still holds photos. Let them arrive before someone else takes it.");
        return;
      }
      main.disabled = true;
      put(problem, "");
      const failed = await tryOpen(paired, someoneElse);
      main.disabled = false;
      if (failed === null) leave(null);
      else put(problem, failed);
    };
    const main = mainButton("Unlock", () => void attempt(false));
    const whose = own
      ? `${paired.answer.person?.name ?? ""}’s phone`
      : person ? `Practice phone, with ${person.name}` : "Practice phone";
    return {
      title: "Locked", kind: "unlock", top: heldPanel(signal), focus: main,
      main: [
        h("section", { class: "whose" },
          h("h1", { class: "brand" }, h("span", { class: "mark", "data-state": heldState() }), "Safelight is locked"),
          h("p", { class: "soft" }, whose), h("p", { class: "soft" }, practice.name)),
        problem,
        h("div", { class: "found small soft" },
          own ? null : quiet("Someone else", () => void attempt(true)),
          practice.contact
            ? h("p", {}, "Found this phone? Call ", h("a", { href: `tel:${practice.contact.replace(/[^\d+]/g, "")}`, class: "nowrap tap" }, practice.contact))
            : null),
      ],
      bar: [main, h("p", {}, "With your face, finger or this phone’s PIN.")],
    };
  }, "locked too");
}
