/** Join: look behind the link, make a passkey, show the recovery codes once. */
import { ask, made, run } from "./passkey.js";

const at = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const mark = document.querySelector("input[name=csrfmiddlewaretoken]").value;
const send = async (path, body) => (await ask(path, { method: "POST", body, mark })).told;

let opened;
const open = async () => {
    opened = await send("/join/open", { token });
    at("whom").textContent = `${opened.name}, join ${opened.practice}.`;
};

at("join").addEventListener("submit", (event) => {
    event.preventDefault();
    run(at("go"), at("said"), async () => {
        if (!opened) await open();
        const credential = await made(opened.options);
        opened = undefined; // a challenge is used once
        const { codes } = await send("/join/finish", { token, credential, name: at("name").value });
        history.replaceState(null, "", "/join");
        at("codes").replaceChildren(
            ...codes.map((code) => Object.assign(document.createElement("li"), { textContent: code })),
        );
        at("join").hidden = true;
        at("joined").hidden = false;
    });
});
at("print").addEventListener("click", () => print());
run(at("go"), at("said"), open);
