/** Sign in: one button, then on to where the person was going. */
import { run, signIn } from "./passkey.js";

const go = document.getElementById("go");
const { next } = document.getElementById("sign-in").dataset;
go.addEventListener("click", () =>
    run(go, document.getElementById("said"), async () => {
        await signIn();
        location.replace(next);
    }),
);
