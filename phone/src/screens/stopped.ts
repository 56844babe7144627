/** Stopped: the practice has ended this phone's access, or it was reported lost. */

import { heldCount } from "../held.ts";
import { h, mainButton, put } from "../page.ts";
import { screen } from "../screen.ts";
import { forgetAll } from "../store.ts";
import { photos, sealedWords } from "../words.ts";

/** Say that the phone was stopped, and what is safe. */
export async function stoppedScreen(code: "phone_revoked" | "phone_lost"): Promise<void> {
  const lost = code === "phone_lost";
  if (lost) await forgetAll().catch(() => undefined);
  await screen<null>((leave) => {
    const held = heldCount();
    const box = h("section", { class: "refusal", role: "alert" },
      h("h1", { class: "title" }, lost ? "This phone was reported lost." : "The practice stopped this phone."),
      h("p", {}, lost
        ? "Safelight has been emptied. Nothing of the practice is left on it."
        : held ? `It still holds ${photos(held)}. ${sealedWords}` : "It holds no photos."),
      h("p", {}, lost ? "Found it? Give it back to its owner or the practice." : `To use it again, ask the practice for a new code.${held ? " What it holds is sent then." : ""}`));
    const bar = h("div", { class: "stack" });
    put(bar, lost ? null : mainButton("Add this phone again", () => leave(null)));
    return { title: "Stopped", kind: "stopped", main: [box], bar: lost ? null : [bar] };
  }, "always");
}
