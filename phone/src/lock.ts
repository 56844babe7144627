/** Lock: the veil over everything clinical, and the lock after two minutes or on leaving. */

import { h } from "./page.ts";
import { lockNow, lockSignal, openNow } from "./screen.ts";

let seconds = 120;
let timer: ReturnType<typeof setTimeout> | undefined;
let unlocked = false;
let beforeLock: () => Promise<void> = () => Promise.resolve();

const SAY_AFTER = 2000;
let saying: ReturnType<typeof setTimeout> | undefined;
const cover = h("p", { class: "covered", role: "status" }, "Covered, as Safelight was not in front. Touch to go on.");

/** Cover the screen. iOS keeps a picture for its app switcher, so this comes before anything else.
 * Some browsers never tell that Safelight is in front again: the cover then says what helps. */
function veil(on: boolean): void {
  document.documentElement.classList.toggle("veiled", on);
  clearTimeout(saying);
  cover.remove();
  if (on) saying = setTimeout(() => document.body.append(cover), SAY_AFTER);
}

function restart(): void {
  clearTimeout(timer);
  if (unlocked) timer = setTimeout(() => void lock(), seconds * 1000);
}

const locked = new Set<() => void>();
export const isUnlocked = (): boolean => unlocked;
/** Be told of each lock. */
export const onLock = (tell: () => void): void => void locked.add(tell);

/** Lock now. What was kept goes out as it is; what was not kept is forgotten. */
export async function lock(evenIfLocked = false): Promise<void> {
  clearTimeout(timer);
  if (!unlocked) {
    if (evenIfLocked) lockNow();
    return;
  }
  unlocked = false;
  lockNow();
  await beforeLock();
  for (const tell of locked) tell();
}

/** The person proved who they are. */
export function unlock(after: number): AbortSignal {
  seconds = after;
  unlocked = true;
  openNow();
  veil(false);
  restart();
  return lockSignal();
}

/** Watch for leaving and for rest. */
export function startLock(before: () => Promise<void>): void {
  beforeLock = before;
  for (const act of ["pointerdown", "keydown", "input", "scroll"]) {
    document.addEventListener(act, restart, { capture: true, passive: true });
  }
  document.addEventListener("pointerdown", () => veil(false), { capture: true, passive: true });
  window.addEventListener("blur", () => veil(true));
  window.addEventListener("focus", () => veil(false));
  window.addEventListener("pagehide", () => {
    veil(true);
    void lock();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      veil(true);
      void lock();
    } else veil(false);
  });
}
