/** Finder: what helps while framing. It looks at a small picture five times a second and advises. */

import { isBlurred, focusWord, levels, lightWord, measure } from "../quality.ts";
import * as server from "../server.ts";
import type { Meter } from "./meters.ts";

const SMALL = { width: 320, height: 240 };
const EVERY = 200;
const MEMORY = 2000;
/** Within this of lying flat the phone looks down or up; above it, it looks ahead. */
const FLAT = 45;
const LEVEL_ENOUGH = 3;
/** A camera that wakes gives black frames first; after this long it is taken at its word. */
const WAKING = 1500;
const BLACK = 1;

/** Follow the live picture with two meters. `best` is the sharpest of the last two seconds. */
export function followPicture(
  video: HTMLVideoElement, focus: Meter, light: Meter, awake: () => void, signal: AbortSignal,
): { best: () => number } {
  const start = performance.now();
  const canvas = new OffscreenCanvas(SMALL.width, SMALL.height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let seen: { at: number; focus: number }[] = [];
  let last = 0;
  const best = (): number => Math.max(0, ...seen.map((each) => each.focus));
  const frame = (): void => {
    if (signal.aborted) return;
    const now = performance.now();
    if (pen && now - last >= EVERY && video.videoWidth) {
      last = now;
      pen.drawImage(video, 0, 0, SMALL.width, SMALL.height);
      const { data } = pen.getImageData(0, 0, SMALL.width, SMALL.height);
      const m = measure(data, SMALL.width, SMALL.height);
      seen = [...seen.filter((each) => now - each.at < MEMORY), { at: now, focus: m.focus }];
      if (m.mean > BLACK || now - start > WAKING) awake();
      const level = levels(m, best());
      focus.set(level.focus, isBlurred(m.focus, best()) ? "Moving" : focusWord(m.focus, best()));
      light.set(level.light, lightWord(m));
    }
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  return { best };
}

/** How far a phone is from level, in degrees: from lying flat, or from the nearest upright edge.
 * Reckoned from where down is, as the two angles alone say nothing of a phone that looks ahead. */
export function tiltOf(beta: number, gamma: number): number {
  const [b, g] = [(beta * Math.PI) / 180, (gamma * Math.PI) / 180];
  const [x, y, z] = [Math.sin(g) * Math.cos(b), -Math.sin(b), -Math.cos(g) * Math.cos(b)];
  const lean = (Math.acos(Math.min(1, Math.abs(z))) * 180) / Math.PI;
  if (lean < FLAT) return lean;
  const roll = (Math.atan2(x, -y) * 180) / Math.PI;
  return roll - 90 * Math.round(roll / 90);
}

/** A level line, where the phone tells its tilt. No answer means no line and nothing else. */
export function followLevel(line: HTMLElement, signal: AbortSignal): void {
  line.hidden = true;
  const tell = (event: DeviceOrientationEvent): void => {
    if (event.beta === null || event.gamma === null) return;
    const tilt = tiltOf(event.beta, event.gamma);
    line.hidden = false;
    line.style.rotate = `${Math.max(-30, Math.min(30, tilt))}deg`;
    line.dataset.level = Math.abs(tilt) < LEVEL_ENOUGH ? "yes" : "no";
  };
  window.addEventListener("deviceorientation", tell, { signal });
}

/** iOS gives the tilt only after a tap asked for it. */
export async function askForLevel(): Promise<void> {
  const asker = (globalThis as { DeviceOrientationEvent?: { requestPermission?: () => Promise<string> } })
    .DeviceOrientationEvent;
  await asker?.requestPermission?.().catch(() => "denied");
}

/** Draw the last photo of the site into a canvas, to show through. It is in memory and nowhere else. */
export async function drawGhost(canvas: HTMLCanvasElement, photo: string, signal: AbortSignal): Promise<boolean> {
  try {
    const picture = await createImageBitmap(await server.ghost(photo, signal));
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    picture.close();
    signal.addEventListener("abort", () => {
      canvas.width = canvas.height = 0;
    });
    return true;
  } catch {
    return false;
  }
}
