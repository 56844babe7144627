/** While the code is shown, ask every two seconds whether a phone has used it; then show the phone. */
const { state } = document.getElementById("pairing").dataset;
document.getElementById("without").hidden = true;

setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(state, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer) return;
    const told = await answer.json().catch(() => ({}));
    if (told.paired || !answer.ok) location.reload();
}, 2000);
