/** Crop and cover on a picture: a crop cuts for good, a cover is geometry kept beside it. */

import {
  boxBetween, dragCorner, inside, turnedBox, unturnBox, WHOLE, type Box, type Point, type Turn,
} from "../geometry.ts";
import { drawnOn, h, put } from "../page.ts";

export type Tool = "whole" | "crop" | "cover";
const STEP = 0.02;
const LEAST_COVER = 0.02;

/** The picture on the table, with a frame that can be dragged and covers that can be drawn. */
export class Table {
  readonly element: HTMLElement;
  /** In fractions of the picture as stored. */
  crop: Box = WHOLE;
  covers: Box[] = [];
  turn: Turn = 0;
  private tool: Tool = "whole";
  private readonly picture: ImageBitmap;
  private readonly canvas = h("canvas", { role: "img", "aria-label": "The photo you took" });
  private readonly frame = h("div", { class: "crop-frame", tabindex: 0, role: "group",
    "aria-label": "Crop. Arrow keys move it, Shift and arrow keys change its size." },
  h("i"), h("i"), h("i"), h("i"));
  private readonly covered = h("div", { class: "covers" });
  private readonly change: () => void;

  constructor(picture: ImageBitmap, change: () => void) {
    this.picture = picture;
    this.change = change;
    this.element = h("div", { class: "crop" }, this.canvas, this.covered, this.frame);
    drawnOn(this.element);
    this.element.addEventListener("pointerdown", (event) => this.press(event));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.draw();
    this.use("whole");
  }

  /** Choose what a finger on the picture does. Whole takes the crop away. */
  use(tool: Tool): void {
    this.tool = tool;
    if (tool === "whole") this.crop = WHOLE;
    if (tool === "crop" && this.crop === WHOLE) this.crop = { x: 0.1, y: 0.1, w: 0.8, h: 0.8 };
    this.done();
  }

  /** Turn a quarter clockwise. The bytes stay as they are; the turn is written beside them. */
  rotate(): void {
    this.turn = ((this.turn + 90) % 360) as Turn;
    this.draw();
    this.place();
  }

  uncover(): void {
    this.covers = [];
    this.done();
  }

  /** Let go of the pixels on the screen. */
  wipe(): void {
    this.canvas.width = this.canvas.height = 0;
  }

  private draw(): void {
    const { picture, canvas, turn } = this;
    const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
    const [w, high] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    const side = turn % 180 !== 0;
    canvas.width = side ? high : w;
    canvas.height = side ? w : high;
    this.element.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    this.element.dataset.shape = canvas.width > canvas.height ? "wide" : "tall";
    const pen = canvas.getContext("2d", { colorSpace: "display-p3" });
    if (!pen) return;
    pen.translate(canvas.width / 2, canvas.height / 2);
    pen.rotate((turn * Math.PI) / 180);
    pen.drawImage(picture, -w / 2, -high / 2, w, high);
  }

  private place(): void {
    const set = (element: HTMLElement, box: Box): void => {
      element.style.left = `${box.x * 100}%`;
      element.style.top = `${box.y * 100}%`;
      element.style.width = `${box.w * 100}%`;
      element.style.height = `${box.h * 100}%`;
    };
    this.frame.hidden = this.tool !== "crop" && this.crop === WHOLE;
    set(this.frame, turnedBox(this.crop, this.turn));
    put(this.covered, ...this.covers.map((box) => {
      const cover = h("i", { class: "cover", role: "img", "aria-label": "Covered area" });
      set(cover, turnedBox(box, this.turn));
      return cover;
    }));
  }

  /** What was done is done. Told only now: words that come and go would move the picture under a finger. */
  private done(): void {
    this.place();
    this.change();
  }

  private at(event: PointerEvent): Point {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  private press(event: PointerEvent): void {
    if (this.tool === "whole") return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    const from = this.at(event);
    const seen = turnedBox(this.crop, this.turn);
    const corners: Point[] = [[seen.x, seen.y], [seen.x + seen.w, seen.y], [seen.x + seen.w, seen.y + seen.h], [seen.x, seen.y + seen.h]];
    const far = corners.map(([x, y]) => Math.hypot(x - from[0], y - from[1]));
    const corner = far.indexOf(Math.min(...far));
    const grabbed = (far[corner] ?? 1) < 0.16;
    const count = this.covers.length;
    const move = (next: PointerEvent): void => {
      const to = this.at(next);
      if (this.tool === "cover") {
        this.covers = [...this.covers.slice(0, count), unturnBox(boxBetween(from, to), this.turn)];
      } else {
        const box = grabbed ? dragCorner(seen, corner, to)
          : inside({ ...seen, x: seen.x + to[0] - from[0], y: seen.y + to[1] - from[1] });
        this.crop = unturnBox(box, this.turn);
      }
      this.place();
    };
    const over = new AbortController();
    this.element.addEventListener("pointermove", move, { signal: over.signal });
    for (const end of ["pointerup", "pointercancel"] as const) {
      this.element.addEventListener(end, () => {
        over.abort();
        this.covers = this.covers.filter((box) => box.w > LEAST_COVER && box.h > LEAST_COVER);
        this.done();
      }, { signal: over.signal });
    }
  }

  private key(event: KeyboardEvent): void {
    const moves: Record<string, Point> = {
      ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const seen = turnedBox(this.crop, this.turn);
    const box = event.shiftKey
      ? { ...seen, w: Math.min(1 - seen.x, seen.w + move[0]), h: Math.min(1 - seen.y, seen.h + move[1]) }
      : { ...seen, x: seen.x + move[0], y: seen.y + move[1] };
    this.crop = unturnBox(inside(box), this.turn);
    this.done();
  }
}
