/** Geometry: boxes and strokes as fractions of a picture, and how a crop or a turn moves them. */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export type Point = readonly [number, number];
export type Cover =
  | ({ shape: "rect" } & Box)
  | { shape: "stroke"; width: number; points: Point[] };
export type Turn = 0 | 90 | 180 | 270;

export const WHOLE: Box = { x: 0, y: 0, w: 1, h: 1 };
const SMALLEST = 0.08;

const between = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));
const short = (value: number): number => Math.round(value * 1e5) / 1e5;

/** Keep a box inside the picture and large enough to touch. */
export function inside(box: Box): Box {
  const w = between(box.w, SMALLEST, 1);
  const h = between(box.h, SMALLEST, 1);
  return { x: between(box.x, 0, 1 - w), y: between(box.y, 0, 1 - h), w, h };
}

/** Move one corner of a box; the opposite one stays where it is. */
export function dragCorner(box: Box, corner: number, to: Point): Box {
  const right = box.x + box.w;
  const bottom = box.y + box.h;
  const [px, py] = [between(to[0], 0, 1), between(to[1], 0, 1)];
  const west = corner === 0 || corner === 3;
  const north = corner === 0 || corner === 1;
  const x = west ? Math.min(px, right - SMALLEST) : box.x;
  const y = north ? Math.min(py, bottom - SMALLEST) : box.y;
  const w = west ? right - x : Math.max(SMALLEST, px - box.x);
  const h = north ? bottom - y : Math.max(SMALLEST, py - box.y);
  return inside({ x, y, w, h });
}

/** The box between two points, however they lie to each other. */
export function boxBetween(a: Point, b: Point): Box {
  const x = between(Math.min(a[0], b[0]), 0, 1);
  const y = between(Math.min(a[1], b[1]), 0, 1);
  return {
    x, y,
    w: between(Math.max(a[0], b[0]), 0, 1) - x,
    h: between(Math.max(a[1], b[1]), 0, 1) - y,
  };
}

/** Where a point of the turned picture lies in the picture as stored. */
export function unturn([x, y]: Point, turn: Turn): Point {
  if (turn === 90) return [y, 1 - x];
  if (turn === 180) return [1 - x, 1 - y];
  if (turn === 270) return [1 - y, x];
  return [x, y];
}

/** Where a point of the picture as stored is seen once turned clockwise. */
export function turned([x, y]: Point, turn: Turn): Point {
  if (turn === 90) return [1 - y, x];
  if (turn === 180) return [1 - x, 1 - y];
  if (turn === 270) return [y, 1 - x];
  return [x, y];
}

/** A box of the picture as stored, seen once turned. */
export function turnedBox(box: Box, turn: Turn): Box {
  return boxBetween(turned([box.x, box.y], turn), turned([box.x + box.w, box.y + box.h], turn));
}

/** A box of the turned picture, in the picture as stored. */
export function unturnBox(box: Box, turn: Turn): Box {
  return boxBetween(unturn([box.x, box.y], turn), unturn([box.x + box.w, box.y + box.h], turn));
}

/** A cover in the cropped picture's own fractions; nothing of it inside the crop means null. */
export function coverInCrop(cover: Cover, crop: Box): Cover | null {
  const px = (x: number): number => short((x - crop.x) / crop.w);
  const py = (y: number): number => short((y - crop.y) / crop.h);
  if (cover.shape === "stroke") {
    const points = cover.points.map(([x, y]): Point => [px(x), py(y)]);
    const reach = cover.width;
    const seen = points.some(([x, y]) => x > -reach && x < 1 + reach && y > -reach && y < 1 + reach);
    return seen ? { shape: "stroke", width: short(cover.width / crop.w), points } : null;
  }
  const x = between(px(cover.x), 0, 1);
  const y = between(py(cover.y), 0, 1);
  const w = short(between(px(cover.x + cover.w), 0, 1) - x);
  const h = short(between(py(cover.y + cover.h), 0, 1) - y);
  return w > 0 && h > 0 ? { shape: "rect", x, y, w, h } : null;
}
