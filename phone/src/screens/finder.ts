/** Finder: what helps while framing. It looks at a small picture five times a second and advises. */

import { isBlurred, focusWord, levels, lightWord, measure } from "../quality.ts";
import * as server from "../server.ts";
import type { Meter } from "./meters.ts";

const SMALL = { width: 320, height: 240 };
const EVERY = 200;
const MEMORY = 2000;
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

/** A level line, where the phone tells its tilt. No answer means no line and nothing else. */
export function followLevel(line: HTMLElement, signal: AbortSignal): void {
  line.hidden = true;
  const tell = (event: DeviceOrientationEvent): void => {
    if (event.beta === null || event.gamma === null) return;
    const flat = Math.abs(event.beta) < 45;
    const tilt = flat ? Math.hypot(event.beta, event.gamma) : event.gamma;
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
