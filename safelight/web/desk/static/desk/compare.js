// Compare two photos: side by side, one over the other, or flicked; both at the same zoom and place.
const compare = document.querySelector("[data-compare]");
const tools = document.querySelector("[data-compare-tools]");
if (compare && tools) {
  const fade = document.querySelector("[data-fade]");
  const [, newer] = compare.querySelectorAll("figure");
  const panes = [...compare.querySelectorAll(".pane")];
  const zoom = tools.querySelector("[data-zoom]");
  const radios = [...tools.querySelectorAll("[name=how]")];
  tools.hidden = false;

  const show = (how) => {
    compare.dataset.how = how;
    fade.hidden = how !== "overlay";
    newer.style.opacity = how === "overlay" ? fade.querySelector("input").value / 100 : "";
    newer.classList.toggle("away", false);
  };
  const choose = (how) => { radios.find((radio) => radio.value === how).checked = true; show(how); };
  const flick = () => {
    if (compare.dataset.how !== "flick") choose("flick");
    newer.classList.toggle("away");
  };
  for (const radio of radios) radio.addEventListener("change", () => show(radio.value));
  fade.addEventListener("input", () => show("overlay"));
  // The middle of the view stays in the middle.
  const magnify = (pane) => {
    const across = (pane.scrollLeft + pane.clientWidth / 2) / pane.scrollWidth;
    const down = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
    pane.querySelector("img").style.width = `${zoom.value}%`;
    pane.scrollTo(across * pane.scrollWidth - pane.clientWidth / 2, down * pane.scrollHeight - pane.clientHeight / 2);
  };
  zoom.addEventListener("input", () => panes.forEach(magnify));
  for (const pane of panes)
    pane.addEventListener("scroll", () => {
      for (const other of panes)
        if (other !== pane) other.scrollTo({ left: pane.scrollLeft, top: pane.scrollTop });
    });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input:not([type=radio]), textarea, select, dialog[open]")) return;
    if (event.key === "1") choose("side");
    else if (event.key === "2") choose("overlay");
    else if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) flick();
    else if (event.target.closest("input, .pane") || event.altKey) return; // there the arrows move something else
    else if (event.key === "ArrowLeft") document.querySelector(".under-pair a[rel=prev]")?.click();
    else if (event.key === "ArrowRight") document.querySelector(".under-pair a[rel=next]")?.click();
  });
}
