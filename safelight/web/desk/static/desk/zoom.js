// Actual size: one pixel of the photo on one pixel of the screen, moved by dragging or arrow keys.
const link = document.querySelector("a[data-zoom]");

function open() {
  const box = document.createElement("dialog");
  box.className = "zoom stage";
  box.setAttribute("aria-label", "Photo at actual size");
  const pane = document.createElement("div");
  pane.tabIndex = 0;
  const picture = document.createElement("img");
  picture.src = link.href;
  picture.alt = link.querySelector("img").alt;
  const close = document.createElement("button");
  close.className = "button";
  close.dataset.kind = "paper";
  close.textContent = "Close";
  close.addEventListener("click", () => box.close());
  box.addEventListener("close", () => { box.remove(); link.focus(); });
  let from = null;
  pane.addEventListener("pointerdown", (e) => { from = [e.clientX + pane.scrollLeft, e.clientY + pane.scrollTop]; pane.setPointerCapture(e.pointerId); });
  pane.addEventListener("pointermove", (e) => { if (from) pane.scrollTo(from[0] - e.clientX, from[1] - e.clientY); });
  pane.addEventListener("pointerup", () => { from = null; });
  picture.draggable = false;
  const wait = document.createElement("p");
  wait.setAttribute("role", "status");
  wait.textContent = "Opening every pixel of it.";
  picture.addEventListener("error", () => { wait.textContent = "It could not be opened. Close this and try again."; });
  picture.addEventListener("load", () => {
    wait.remove();
    picture.style.width = `${picture.naturalWidth / devicePixelRatio}px`;
    pane.scrollTo((pane.scrollWidth - pane.clientWidth) / 2, (pane.scrollHeight - pane.clientHeight) / 2);
  });
  pane.append(picture);
  box.append(pane, wait, close);
  document.body.append(box);
  box.showModal();
  pane.focus();
}

if (link) {
  link.addEventListener("click", (event) => { event.preventDefault(); open(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, dialog[open]") || event.ctrlKey || event.metaKey) return;
    if (event.key.toLowerCase() === "z") open();
    else if (event.key === "ArrowLeft") document.querySelector("a[rel=prev]")?.click();
    else if (event.key === "ArrowRight") document.querySelector("a[rel=next]")?.click();
    else if (event.key === "w") location.hash = "where";
  });
}
