// The minute in which sending can be undone. Without script the page is loaded again.
const box = document.querySelector("[data-going]");
if (box) {
  const until = Date.now() + Number(box.dataset.going) * 1000;
  const left = box.querySelector("[data-left]");
  const stays = box.dataset.stay !== undefined; // a PIN is on the page: it is not left by itself
  const hadMinute = Number(box.dataset.going) > 0; // otherwise the page already says what is true
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    left.textContent = String(seconds);
    if (seconds > 0) return;
    clearInterval(timer);
    if (hadMinute) box.querySelector("[data-words]").textContent = "Its minute is over. It is being made and sent, which takes a few seconds.";
    if (!stays) setTimeout(() => location.assign(box.dataset.next), 2000);
  };
  const timer = setInterval(tick, 250);
}
