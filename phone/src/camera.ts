/** Camera: opened once per unlocked session, shut at the lock. The picture stays in memory. */

import { onApple } from "./device.ts";
import { dropBlobs, encode } from "./seal.ts";
import { WHOLE } from "./geometry.ts";

const FULL = { width: 4032, height: 3024 };
const STILL_LIMIT = 5000;
const FRAME_LIMIT = 4000;
const FRAME_WAIT = 1500;

/** One still: its bytes as the camera made them, and the picture they show. */
export interface Still {
  bytes: ArrayBuffer;
  type: string;
  via: "photo" | "frame";
  picture: ImageBitmap;
}
interface Photographer {
  getPhotoCapabilities(): Promise<{ imageWidth?: { max?: number }; imageHeight?: { max?: number } }>;
  takePhoto(size?: { imageWidth: number; imageHeight: number }): Promise<Blob>;
}

let stream: MediaStream | undefined;
/** The camera once took too long for a still; from then on its frames are taken if they are as large. */
let slowStills = false;

export const track = (): MediaStreamTrack | undefined => stream?.getVideoTracks()[0];

/** Open the camera, or wake the one that is open. Refusals rise to the screen, which explains them. */
export async function open(): Promise<MediaStream> {
  const now = track();
  if (stream && now?.readyState === "live") {
    now.enabled = true;
    return stream;
  }
  stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      facingMode: { ideal: "environment" },
      width: { ideal: FULL.width },
      height: { ideal: FULL.height },
    },
  });
  return stream;
}

/** Rest between shots: the light goes out, the permission stays. */
export function rest(): void {
  const now = track();
  if (now) now.enabled = false;
}

/** Let go of the camera. */
export function close(): void {
  for (const each of stream?.getTracks() ?? []) each.stop();
  stream = undefined;
}

/** After a return from the background a stream may stay mute: start it again when no frame comes. */
export function watchFrames(
  video: HTMLVideoElement, restart: () => void, busy: () => boolean, signal: AbortSignal,
): void {
  let last = Date.now();
  const frame = (): void => {
    last = Date.now();
    if (!signal.aborted) video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  const timer = setInterval(() => {
    if (busy() || !track()?.muted) last = Date.now();
    if (document.visibilityState === "visible" && Date.now() - last > FRAME_LIMIT) {
      last = Date.now() + 3000;
      restart();
    }
  }, 500);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** Wait for a still, but not for ever. One that comes too late is a plain picture: it is collected. */
function inTime(work: Promise<Blob>): Promise<Blob> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = slowStills = true;
      reject(new Error("too slow"));
    }, STILL_LIMIT);
    work.then((blob) => {
      clearTimeout(timer);
      if (late) setTimeout(dropBlobs);
      else resolve(blob);
    }, reject);
  });
}

async function fromCamera(live: MediaStreamTrack): Promise<Blob> {
  const Maker = (globalThis as unknown as { ImageCapture?: new (t: MediaStreamTrack) => Photographer })
    .ImageCapture;
  if (!Maker) throw new Error("no stills");
  const camera = new Maker(live);
  const caps = await camera.getPhotoCapabilities();
  const now = live.getSettings();
  const imageWidth = Math.min(caps.imageWidth?.max ?? 0, FULL.width);
  const imageHeight = Math.min(caps.imageHeight?.max ?? 0, FULL.height);
  const bigger = imageWidth * imageHeight > (now.width ?? 0) * (now.height ?? 0);
  if (slowStills && !bigger) throw new Error("frames are as large, and sooner");
  if (!bigger) return camera.takePhoto();
  return camera.takePhoto({ imageWidth, imageHeight }).catch(() => camera.takePhoto());
}

/** Wait for a fresh frame, so that a picture is never what the camera saw while it woke. */
const freshFrame = (video: HTMLVideoElement): Promise<void> =>
  new Promise((go) => {
    setTimeout(go, FRAME_WAIT);
    video.requestVideoFrameCallback(() => go());
  });

/** Take one photo: the full still where the camera gives one, else the video's own frame. */
export async function still(video: HTMLVideoElement): Promise<Still> {
  const live = track();
  if (!live) throw new Error("no camera");
  try {
    let blob: Blob | undefined = await inTime(fromCamera(live));
    const type = blob.type;
    const [bytes, picture] = await Promise.all([blob.arrayBuffer(), createImageBitmap(blob)]);
    blob = undefined;
    dropBlobs();
    return { bytes, type, via: "photo", picture };
  } catch {
    await freshFrame(video);
    const frame = await createImageBitmap(video);
    const picture = await createImageBitmap(frame);
    const bytes = await encode(frame, WHOLE, FULL.width, 0.92);
    return { bytes, type: "image/jpeg", via: "frame", picture };
  }
}

/** Whether this camera has a torch. Only the capabilities tell; the constraints promise everything. */
export const hasTorch = (): boolean =>
  Boolean((track()?.getCapabilities() as { torch?: boolean } | undefined)?.torch);

/** Switch the torch. */
export async function torch(on: boolean): Promise<void> {
  await track()?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}

/** What to do when the camera does not open, in this phone's words. */
export function whyShut(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") {
    return onApple()
      ? "Open Settings, Apps, Safari, Camera, and choose Allow. Then open Safelight again."
      : "Press and hold the Safelight icon, choose App info, Permissions, Camera, and allow it.";
  }
  if (name === "NotFoundError") return "This device has no camera that a web app may use.";
  if (name === "NotReadableError") return "Another app is using the camera. Close it and try again.";
  return "Close Safelight, open it again and try once more.";
}
