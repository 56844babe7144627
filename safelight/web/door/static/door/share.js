/** A share: the token goes from the address into a POST when a button is pressed, never before. */
const at = (id) => document.getElementById(id);
const NO = "The server did not answer. Nothing was opened. Try again.";

async function send(path, told) {
    const mark = document.querySelector("input[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(path, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": mark },
        body: JSON.stringify({ token: location.hash.slice(1), ...told }),
        credentials: "same-origin",
    });
    const said = await answer.json();
    if (answer.ok) return said;
    if (said.code === "link_closed") location.replace("/s/closed");
    throw Object.assign(new Error(said.code), { words: [said.message, said.remedy].filter(Boolean).join(" ") });
}

/** Run what a form's button does: one at a time, and say in words what went wrong. */
function on(form, act) {
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = form.querySelector("button");
        button.disabled = true;
        at("said").hidden = true;
        try {
            await act();
        } catch (error) {
            form.querySelector("p:has(button)").before(at("said")); // where the eye is
            at("said").textContent = error.words ?? NO;
            at("said").hidden = false;
        } finally {
            button.disabled = false;
        }
    });
}

function show({ practice, contact, needs_pin, terms, until, zone }) {
    const when = { timeZone: zone, dateStyle: "medium", timeStyle: "short" };
    const words = { practice, contact, terms, until: new Date(until).toLocaleString("en-AU", when) };
    for (const place of document.querySelectorAll("[data-is]")) place.textContent = words[place.dataset.is];
    at("pin-field").hidden = !needs_pin;
    at("pin").required = needs_pin;
    at("contact").hidden = !contact;
    at("knock").hidden = true;
    at("opening").hidden = false;
    (needs_pin ? at("pin") : at("accepts")).focus();
}

if (at("knock")) {
    at("without").hidden = true;
    at("first").hidden = false;
    on(at("knock"), async () => show(await send("/s/knock")));
    on(at("opening"), async () => {
        const { next } = await send("/s/open", { pin: at("pin").value, accepts: at("accepts").checked });
        history.replaceState(null, "", "/s");
        location.replace(next);
    });
}

/** What was stopped meanwhile does not stay on the screen. A silence of the network changes nothing. */
const opened = at("opened");
async function still() {
    if (document.hidden) return;
    const answer = await fetch(opened.dataset.still, { credentials: "same-origin" }).catch(() => null);
    if (answer?.status === 410) location.replace(opened.dataset.closed);
}
if (opened) {
    setInterval(still, 5000);
    document.addEventListener("visibilitychange", still);
    addEventListener("pageshow", (event) => event.persisted && still());
}
