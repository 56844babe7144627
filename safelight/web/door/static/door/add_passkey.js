/** Add one more passkey for the person who is signed in. */
import { addPasskey, run } from "./passkey.js";

const form = document.getElementById("adding");
form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(document.getElementById("go"), document.getElementById("said"), async () => {
        await addPasskey(document.getElementById("name").value);
        location.replace(form.dataset.next);
    });
});
