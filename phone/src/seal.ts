/** Seal: from the page to the sealing worker and into the outbox, leaving no Blob behind. */

import { fromBase64, type Bytes } from "./bytes.ts";
import type { Box } from "./geometry.ts";
import { store } from "./outbox.ts";
import type { Job } from "./sealer.ts";
import { session } from "./session.ts";
import type { Waiting } from "./store.ts";
import { scriptUrl } from "./trusted.ts";

function inWorker(job: Job, hand: Transferable[]): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(scriptUrl("/phone/sealer.js"), { type: "module" });
    const over = (): void => worker.terminate();
    worker.onmessage = ({ data }: MessageEvent<{ bytes?: ArrayBuffer; failed?: string }>) => {
      over();
      if (data.bytes) resolve(data.bytes);
      else reject(new Error(data.failed));
    };
    worker.onerror = () => {
      over();
      reject(new Error("the sealing worker stopped"));
    };
    worker.postMessage(job, hand);
  });
}

/** Chromium pages large Blobs to disk in the clear until they are collected: make it collect now. */
export function dropBlobs(): void {
  const held: ArrayBuffer[] = [];
  for (let i = 0; i < 6; i++) {
    const room = new ArrayBuffer(16 << 20);
    new Uint8Array(room)[0] = 1;
    held.push(room);
  }
  for (const room of held) (room as { transfer?: (n: number) => ArrayBuffer }).transfer?.(0);
}

/** What to do when a photo could not be sealed or put away. */
export const whyNotSealed = (error: unknown): string =>
  error instanceof DOMException && error.name === "QuotaExceededError"
    ? "This phone has no room left. Delete something on it, then try again."
    : "It could not be sealed. Try again.";

/** Make a JPEG of a part of a picture, in a worker that ends with its Blob. The picture is closed. */
export const encode = (
  picture: ImageBitmap, part: Box, longest: number, quality: number,
): Promise<ArrayBuffer> => inWorker({ do: "encode", picture, part, longest, quality }, [picture]);

/** Seal words and pixels to the practice's key and put them in the outbox. The pixels are given away.
 * `again` seals what lies there already anew, as long as it is held back. */
export async function seal(
  about: Pick<Waiting, "id" | "kind" | "ready">,
  meta: unknown,
  pixels: ArrayBuffer,
  again = false,
): Promise<void> {
  const { paired, config } = session();
  const sealed_at = new Date().toISOString();
  const clear = {
    key: config.capture_key.id, practice: config.practice.id, capture: about.id,
    phone: paired.answer.phone_id, sealed_at,
  };
  const key: Bytes = fromBase64(config.capture_key.public);
  const capsule = await inWorker({ do: "seal", key, clear, meta, pixels }, [pixels]);
  dropBlobs();
  await store(new Uint8Array(capsule), { ...about, sealed_at }, again);
}
