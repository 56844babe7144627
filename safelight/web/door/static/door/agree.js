/** Agree: a code goes into a POST when a button is pressed; a finger's strokes go into the form. */
const at = (id) => document.getElementById(id);
const say = (words) => {
    at("said").textContent = words;
    at("said").hidden = !words;
};

async function open(event) {
    event.preventDefault();
    const button = event.target.querySelector("button");
    button.disabled = true;
    try {
        const mark = document.querySelector("input[name=csrfmiddlewaretoken]").value;
        const answer = await fetch("/agree/open", {
            method: "POST",
            headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": mark },
            body: JSON.stringify({ code: at("code").value }),
            credentials: "same-origin",
        });
        const told = await answer.json();
        if (answer.ok) return location.replace(told.next);
        say([told.message, told.remedy].filter(Boolean).join(" "));
    } catch {
        say("The practice did not answer. Nothing was opened. Try again.");
    }
    button.disabled = false;
}

if (at("typing")) {
    at("typing").addEventListener("submit", (event) => void open(event));
    at("code").value = location.hash.slice(1);
    history.replaceState(null, "", "/agree"); // the code is in the form now, and in no history
}

const [WIDE, HIGH, LEAST, MOST] = [350, 150, 6, 5000];
const part = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
const strokes = [];

function draw(box) {
    const paper = box.querySelector("svg");
    let [stroke, path] = [null, null];
    const add = ({ clientX, clientY }) => {
        const { left, top, width, height } = box.getBoundingClientRect();
        if (strokes.flat().length + stroke.length < MOST) stroke.push([part((clientX - left) / width), part((clientY - top) / height)]);
        path.setAttribute("d", stroke.map(([x, y], i) => `${i ? "L" : "M"}${x * WIDE} ${y * HIGH}`).join(""));
    };
    box.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    box.addEventListener("pointerdown", (event) => {
        box.setPointerCapture(event.pointerId);
        stroke = [];
        path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        paper.append(path);
        add(event);
    });
    box.addEventListener("pointermove", (event) => stroke && add(event));
    for (const end of ["pointerup", "pointercancel"]) {
        box.addEventListener(end, () => {
            if (stroke?.length > 1) strokes.push(stroke);
            stroke = null;
            say("");
        });
    }
    at("again").addEventListener("click", () => {
        strokes.length = 0;
        paper.replaceChildren();
    });
}

if (at("signing")) {
    draw(at("box"));
    at("signing").addEventListener("submit", (event) => {
        if (event.submitter?.value !== "yes") return;
        at("strokes").value = JSON.stringify(strokes);
        if (strokes.flat().length >= LEAST) return;
        event.preventDefault();
        say("Sign with your finger in the box first.");
    });
}
