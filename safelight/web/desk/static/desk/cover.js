// Crop and cover on the photo: a pointer draws what the numbers below say as well. Shapes are
// fractions of the photo as it is seen. Without script the numbers do all of it.
const field = document.querySelector("[data-shapes]");
const work = document.querySelector("[data-cover]");
const SIDES = ["x", "y", "w", "h"];
const HAND = 0.06; // of the photo's width
const LEAST = 0.01;

function made(name, facts) {
  const part = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(facts)) part.setAttribute(key, value);
  return part;
}

function start() {
  const svg = work.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  const [drawn, live, veil] = ["drawn", "live", "veil"].map((name) => svg.querySelector(`[data-${name}]`));
  const said = document.querySelector("[data-cover-said]");
  const inputs = SIDES.map((side) => document.querySelector(`[data-crop="${side}"]`));
  let shapes = JSON.parse(field.value);
  let tool = "crop";
  let corners = []; // of a shape not closed yet
  const past = [];

  const crop = () => {
    const told = inputs.map((one) => Number.parseFloat(one.value.replace(",", ".")) / 100);
    return told.some(Number.isNaN) ? null : told;
  };
  const put = (box) => inputs.forEach((one, n) => { one.value = box ? (box[n] * 100).toFixed(2).replace(/\.?0+$/, "") : ""; });
  const places = (points) => points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
  const shape = (one) => {
    if (one.shape === "rect") return made("rect", { class: "cover-shape", x: one.x * width, y: one.y * height, width: one.w * width, height: one.h * height });
    if (one.shape === "polygon") return made("polygon", { class: "cover-shape", points: places(one.points) });
    return made("polyline", { class: "cover-stroke", points: places(one.points), "stroke-width": one.width * width });
  };
  const show = (words) => {
    drawn.replaceChildren(...shapes.map(shape));
    live.replaceChildren(...(corners.length ? [made("polyline", { class: "cover-line", points: places(corners) })] : []));
    const box = crop();
    if (box) {
      const [x, y, w, h] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
      veil.setAttribute("d", `M0 0H${width}V${height}H0ZM${x} ${y}v${h}h${w}v${-h}Z`);
    } else veil.setAttribute("d", "");
    field.value = JSON.stringify(shapes);
    if (words !== undefined) said.textContent = words || `${shapes.length} ${shapes.length === 1 ? "cover" : "covers"}${box ? ", cropped" : ""}.`;
  };
  const keep = () => past.push([shapes, inputs.map((one) => one.value)]);
  const add = (one) => { shapes = [...shapes, one]; show(""); };
  const at = (event) => {
    const { left, top, width: w, height: h } = svg.getBoundingClientRect();
    return [(event.clientX - left) / w, (event.clientY - top) / h].map((n) => Math.round(Math.min(1, Math.max(0, n)) * 1e5) / 1e5);
  };
  const between = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])];

  function press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const from = at(event);
    if (tool === "polygon") { corner(from); return; }
    keep();
    const before = shapes;
    const path = [from];
    const over = new AbortController();
    svg.setPointerCapture(event.pointerId);
    const move = (next) => {
      const to = at(next);
      const [x, y, w, h] = between(from, to);
      path.push(to);
      if (tool === "crop") put([x, y, w, h]);
      else shapes = [...before, tool === "rect" ? { shape: "rect", x, y, w, h } : { shape: "stroke", points: path, width: HAND }];
      show();
    };
    const end = (last) => {
      over.abort();
      const [, , w, h] = between(from, at(last));
      if (tool !== "stroke" && (w < LEAST || h < LEAST)) { undo(); return; }
      if (tool === "stroke" && path.length === 1) shapes = [...before, { shape: "stroke", points: path, width: HAND }];
      show("");
    };
    svg.addEventListener("pointermove", move, { signal: over.signal });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, end, { signal: over.signal });
  }
  function corner(point) {
    const [first] = corners;
    const near = first && Math.hypot((first[0] - point[0]) * width, (first[1] - point[1]) * height) < width * 0.03;
    if (!near || corners.length < 3) { corners = [...corners, point]; show(`${corners.length} corners. Press the first one again to close the shape.`); return; }
    keep();
    const points = corners;
    corners = [];
    add({ shape: "polygon", points });
  }
  function undo() {
    if (corners.length) { corners = corners.slice(0, -1); show(""); return; }
    const last = past.pop();
    if (!last) { shapes = shapes.slice(0, -1); show(""); return; }
    shapes = last[0];
    inputs.forEach((one, n) => { one.value = last[1][n]; });
    show("");
  }

  const tools = document.querySelector("[data-cover-tools]");
  tools.hidden = false;
  document.querySelector("[data-kept]")?.remove(); // its numbers would not count what is drawn now
  for (const button of tools.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      tool = button.dataset.tool;
      corners = [];
      for (const one of tools.querySelectorAll("[data-tool]")) one.setAttribute("aria-pressed", String(one === button));
      show("");
    });
  }
  tools.querySelector("[data-undo]").addEventListener("click", undo);
  inputs.forEach((one) => one.addEventListener("input", () => show()));
  svg.addEventListener("pointerdown", press);
  work.dataset.on = "";
  show();
}

if (field && work) start();
