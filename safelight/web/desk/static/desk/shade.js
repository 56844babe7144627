// A desk left alone for two minutes covers names and pictures. The page itself is unchanged.
const shade = document.getElementById("shade");
const shell = document.querySelector(".shell");
let timer = 0;

function wait() {
  clearTimeout(timer);
  timer = setTimeout(cover, Number(shade.dataset.seconds) * 1000);
}

function cover() {
  shade.hidden = false;
  shell.inert = true;
  shade.querySelector("button").focus();
}

shade.querySelector("button").addEventListener("click", () => {
  shade.hidden = true;
  shell.inert = false;
  document.getElementById("main").focus();
  wait();
});
for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"])
  document.addEventListener(sign, () => { if (shade.hidden) wait(); }, { passive: true });
wait();
