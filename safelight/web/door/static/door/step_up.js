/** Step up: confirm with the passkey, then back to the page that asked. */
import { run, stepUp } from "./passkey.js";

const go = document.getElementById("go");
const { next } = document.getElementById("step-up").dataset;
go?.addEventListener("click", () =>
    run(go, document.getElementById("said"), async () => {
        await stepUp();
        location.replace(next);
    }),
);
