/** Pairing: scanned inside the installed app, or typed; then what kind of phone it is. */

import { onApple, thisPhone } from "../device.ts";
import { button, field, h, mainButton, put, tick, wrong } from "../page.ts";
import { addPasskey, rememberPasskey, signIn } from "../passkey.ts";
import { imeiFits, join, readPairingText, readTyped, strandedBy, takeUp, type About, type Code } from "../pairing.ts";
import * as camera from "../camera.ts";
import { screen } from "../screen.ts";
import { keep, type Paired } from "../store.ts";
import { whyNoPasskey } from "./nopasskey.ts";

const installed = (): boolean =>
  matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;

function installHint(): HTMLElement | null {
  if (installed()) return null;
  return h("section", { class: "notice" }, h("p", { class: "small" }, onApple()
    ? "Install it first: tap Share, then Add to Home Screen, and open Safelight from its icon. Scan from there."
    : "Install it first: open the browser’s menu, tap Install or Add to Home screen, and open Safelight from its icon."));
}

function startScreen(): Promise<"scan" | "type"> {
  return screen((leave) => ({
    title: "Add this phone", kind: "pair",
    main: [
      h("h1", { class: "sentence" }, "Add this phone"),
      h("p", {}, "On the practice’s computer open Phones and choose “Add a phone”. It shows a square code."),
      ...[installHint()].filter((each) => each !== null),
    ],
    bar: [mainButton("Scan the code", () => leave("scan")), button("Type the code", () => leave("type"), { "data-wide": true })],
  }), "always");
}

function scanScreen(): Promise<Code | "type" | "back"> {
  return screen((leave, signal) => {
    const video = h("video", { autoplay: true, playsinline: true, "aria-label": "Live view" });
    video.muted = true;
    const says = h("p", { role: "status" }, "Point the camera at the square code.");
    const watch = async (): Promise<void> => {
      video.srcObject = await camera.open();
      await video.play();
      const { readQr } = await import("../qr.ts");
      while (!signal.aborted) {
        const code = readPairingText(await readQr(video, signal), location.origin);
        if (code) { leave(code); return; }
        says.textContent = "That is another code. Look for the one under Phones, Add a phone.";
      }
    };
    watch().catch((error: unknown) => put(says, camera.whyShut(error)));
    signal.addEventListener("abort", () => {
      video.srcObject = null;
      camera.close();
    });
    return {
      title: "Scan", kind: "pair", dark: true,
      main: [h("h1", { class: "title" }, "Scan the code"), h("div", { class: "finder small-finder" }, video), says],
      bar: [h("div", { class: "buttons" }, button("Back", () => leave("back")), button("Type it", () => leave("type")))],
    };
  }, "always");
}

function typeScreen(): Promise<Code | "back"> {
  return screen((leave) => {
    const input = h("input", { autocapitalize: "characters", spellcheck: "false", placeholder: "XXXXX-XXXXX" });
    const box = field("Code from the computer", input, "10 letters and digits. It works once, for 10 minutes.");
    const go = (): void => {
      const code = readTyped(input.value);
      if (code) leave(code);
      else wrong(box, "The code has 10 letters and digits.");
    };
    return {
      title: "Type the code", kind: "pair", focus: input,
      main: [h("h1", { class: "sentence" }, "Type the code"), box],
      bar: [h("div", { class: "buttons" }, button("Back", () => leave("back")), mainButton("Go on", go, { "data-wide": false }))],
    };
  }, "always");
}

function aboutScreen(): Promise<About | null> {
  const guess = thisPhone();
  return screen((leave) => {
    const name = h("input", { maxlength: 80 });
    name.value = guess.model ? `My ${guess.model}` : "My phone";
    const model = h("input", { maxlength: 80 });
    model.value = guess.model;
    const imei = h("input", { inputmode: "numeric", maxlength: 20 });
    const nameBox = field("Name of this phone", name);
    const imeiBox = field("Identity number (IMEI)", imei, "Dial *#06# to see it. Needed to lock the phone after a loss. Leave it empty on a computer.");
    const declared = { backup_off: false, updated: false };
    const checks = h("div", { class: "field" },
      tick("Automatic backup of app data is off, as far as I can set it.", (on) => { declared.backup_off = on; }),
      tick("The phone’s system is up to date.", (on) => { declared.updated = on; }));
    const go = (): void => {
      if (!name.value.trim()) return wrong(nameBox, "Give the phone a name.");
      if (imei.value.trim() && !imeiFits(imei.value)) return wrong(imeiBox, "That number doesn’t fit: an IMEI has 15 digits and the last one checks the others.");
      if (!declared.backup_off || !declared.updated) return wrong(checks, "Set both on the phone first, then tick them.");
      leave({ name: name.value.trim(), model: model.value.trim(), platform: guess.platform, imei: imei.value.replace(/\D/g, ""), declared });
    };
    return {
      title: "This phone", kind: "pair", focus: name,
      main: [h("h1", { class: "sentence" }, "About this phone"), nameBox, field("Model", model), imeiBox, checks],
      bar: [h("div", { class: "buttons" }, button("Back", () => leave(null)), mainButton("Add this phone", go, { "data-wide": false }))],
    };
  }, "always");
}

function sayFailed(words: string): Promise<null> {
  return screen((leave) => ({
    title: "Not added", kind: "refused",
    main: [h("section", { class: "refusal", role: "alert" }, h("h1", { class: "title" }, "Not added."), h("p", {}, words))],
    bar: [mainButton("Start again", () => leave(null))],
  }), "always");
}

function compareScreen(mark: string): Promise<boolean> {
  return screen((leave) => ({
    title: "Compare", kind: "pair",
    main: [h("h1", { class: "sentence" }, "Does the computer show the same?"),
      h("p", { class: "compare" }, mark),
      h("p", {}, "This makes sure that photos are sealed for your practice and nobody else.")],
    bar: [h("div", { class: "buttons" }, button("Different", () => leave(false)), mainButton("The same", () => leave(true), { "data-wide": false }))],
  }), "always");
}

/** Say that what the phone holds can't be sent under this code. True: the person goes on without it. */
function strandedScreen({ answer }: Paired, count: number): Promise<boolean> {
  const whose = answer.person ? `${answer.person.name}’s phone` : "a practice phone";
  const [what, they] = count === 1 ? ["1 sealed item", "It"] : [`${count} sealed items`, "They"];
  return screen((leave) => ({
    title: "Another phone", kind: "refused",
    main: [h("section", { class: "refusal", role: "alert" },
      h("h1", { class: "title" }, `This phone still holds ${what}.`),
      h("p", {}, `${they} can be sent only by ${whose} at ${answer.practice.name}. With this code the practice takes it for another phone.`),
      h("p", {}, "Nothing is lost yet. Ask for a code of the same kind as before."))],
    bar: [mainButton("Use another code", () => leave(false)), button("Go on without them", () => leave(true), { "data-wide": true })],
  }), "always");
}

function passkeyScreen(paired: Paired): Promise<null> {
  const person = paired.answer.person;
  return screen((leave) => {
    const problem = h("p", { role: "alert", class: "problem" });
    const add = async (): Promise<void> => {
      go.disabled = true;
      try {
        let how = await addPasskey(paired.name);
        if (how !== "done") how = await signIn(null);
        if (how === "done" && person) {
          await rememberPasskey(person.id);
          leave(null); return;
        }
        put(problem, "That did not work. Try again.");
      } catch (error) {
        put(problem, whyNoPasskey(error));
      }
      go.disabled = false;
    };
    const go = mainButton("Set up unlocking", () => void add());
    return {
      title: "Unlocking", kind: "pair",
      main: [h("h1", { class: "sentence" }, "How you will unlock it"),
        h("p", {}, "Safelight opens with this phone’s own face, finger or PIN. There is no password to remember."), problem],
      bar: [go],
    };
  }, "always");
}

/** Add this phone to the practice, from the code to the passkey. */
export async function addPhone(): Promise<void> {
  let way: "scan" | "type" | "back" = await startScreen();
  let code: Code | null = null;
  while (!code) {
    const got: Code | "scan" | "type" | "back" = way === "back" ? await startScreen() : way === "scan" ? await scanScreen() : await typeScreen();
    if (typeof got === "string") way = got;
    else code = got;
  }
  const about = await aboutScreen();
  if (!about) return;
  const joined = await join(code, about);
  if ("failed" in joined) {
    await sayFailed(joined.failed);
    return;
  }
  if (code.mark === null && !(await compareScreen(joined.mark))) {
    await sayFailed("The two marks differ, so nothing was set up. Tell the practice’s IT person before you try again.");
    return;
  }
  const stranded = await strandedBy(joined.paired);
  if (stranded && !(await strandedScreen(stranded.before, stranded.count))) return;
  await takeUp(joined.paired);
  if (joined.paired.answer.person) await passkeyScreen(joined.paired);
  await keep("checked", "due");
}
