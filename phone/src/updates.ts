/** Updates: a new version waits until the phone is locked, then takes over. The queue stays as it is. */

import { isUnlocked, onLock } from "./lock.ts";
import { scriptUrl } from "./trusted.ts";

function takeOver(worker: ServiceWorker | null): void {
  if (worker && !isUnlocked()) worker.postMessage("take over");
}

/** Register the service worker, and let a newer one in at the next lock. */
export function followUpdates(): void {
  if (!("serviceWorker" in navigator)) return;
  let first = !navigator.serviceWorker.controller; // the first worker brings nothing new
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!first && !isUnlocked()) location.reload();
    first = false;
  });
  const register = async (): Promise<void> => {
    const known = await navigator.serviceWorker.register(scriptUrl("/phone/sw.js"), { scope: "/phone/" });
    takeOver(known.waiting);
    known.addEventListener("updatefound", () => {
      const fresh = known.installing;
      fresh?.addEventListener("statechange", () => {
        if (fresh.state === "installed" && navigator.serviceWorker.controller) takeOver(fresh);
      });
    });
    onLock(() => {
      takeOver(known.waiting);
      void known.update().catch(() => undefined);
    });
  };
  register().catch(() => undefined); // without it the app works while the server is in reach
}
