/** QR: reads the pairing code from the camera. Loaded on the pairing page only. */

import jsQR from "jsqr";

const WIDE = 1280;
const EVERY = 120;

/** Watch a video until a QR code is in it, and return its text. */
export function readQr(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!pen || !video.videoWidth) return;
      const scale = Math.min(1, WIDE / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
      const found = jsQR(data, width, height, { inversionAttempts: "dontInvert" });
      if (!found?.data) return;
      clearInterval(timer);
      resolve(found.data);
    }, EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
  });
}
