// Keys of one letter. They work outside fields, do nothing that cannot be undone, and can be
// turned off on the person's own page (WCAG 2.1.4).
const help = document.getElementById("keys-help");
const places = { t: "/", p: "/patients", s: "/shares", f: "/phones", y: "/policy" };
let went = 0;

function rows() {
  return [...document.querySelectorAll("[data-row] a[href], .work-row a.button, tbody th a[href]")];
}

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  all[Math.min(Math.max(at + by, 0), all.length - 1)].focus();
}

// The site before or after the one that is shown.
function site(by) {
  const all = [...document.querySelectorAll(".sites a")];
  all[all.findIndex((link) => link.ariaCurrent) + by]?.click();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog[open]")) return;
  const key = event.key;
  if (Date.now() - went < 1200 && places[key]) location.assign(places[key]);
  else if (key === "g") went = Date.now();
  else if (key === "s") document.querySelector("a[data-share]")?.click();
  else if (key === "p") document.querySelector("a[data-to-print]")?.click();
  else if (key === "[") site(-1);
  else if (key === "]") site(1);
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "?") help.showModal();
  else if (key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); } else location.assign("/patients");
  }
}

if (help?.dataset.on !== undefined) document.addEventListener("keydown", press);
