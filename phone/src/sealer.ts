/** Sealer: the worker that sees a photo in the clear. It ends after each one, and its Blobs with it. */

import { makeCapsule, type Header } from "./capsule.ts";
import type { Bytes } from "./bytes.ts";
import type { Box } from "./geometry.ts";

/** One job: make a JPEG of a part of a picture, or seal. */
export type Job =
  | { do: "encode"; picture: ImageBitmap; part: Box; longest: number; quality: number }
  | {
      do: "seal";
      key: Bytes;
      clear: Omit<Header, "size" | "suite" | "v">;
      meta: unknown;
      pixels: ArrayBuffer;
    };

async function encode(job: Extract<Job, { do: "encode" }>): Promise<ArrayBuffer> {
  const { picture, part } = job;
  const [w, h] = [part.w * picture.width, part.h * picture.height];
  const scale = Math.min(1, job.longest / Math.max(w, h));
  const canvas = new OffscreenCanvas(Math.round(w * scale), Math.round(h * scale));
  const pen = canvas.getContext("2d", { colorSpace: "display-p3", alpha: false });
  if (!pen) throw new Error("no canvas");
  pen.imageSmoothingQuality = "high";
  const [x, y] = [part.x * picture.width, part.y * picture.height];
  pen.drawImage(picture, x, y, w, h, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: job.quality });
  return blob.arrayBuffer();
}

const here = self as unknown as {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage: (message: unknown, transfer: Transferable[]) => void;
};

here.onmessage = ({ data: job }) => {
  const done =
    job.do === "encode"
      ? encode(job)
      : makeCapsule(job.key, job.clear, job.meta, new Uint8Array(job.pixels)).then((sealed) => {
          new Uint8Array(job.pixels).fill(0);
          return sealed.buffer;
        });
  done.then(
    (bytes) => here.postMessage({ bytes }, [bytes]),
    (error: unknown) => here.postMessage({ failed: String(error) }, []),
  );
};
