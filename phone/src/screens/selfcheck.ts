/** Self-check: one test shot of a wall, measured and shown, so the practice knows its phones. */

import * as camera from "../camera.ts";
import { button, h, mainButton, put, tick } from "../page.ts";
import { screen } from "../screen.ts";
import { asks, storageKept } from "../sending.ts";
import * as server from "../server.ts";

interface Result extends Record<string, unknown> {
  width: number;
  height: number;
}

async function testShot(video: HTMLVideoElement, openMs: number): Promise<Result> {
  const live = camera.track();
  const started = performance.now();
  const still = await camera.still(video);
  const shotMs = Math.round(performance.now() - started);
  const { width, height } = still.picture;
  still.picture.close();
  new Uint8Array(still.bytes).fill(0);
  return {
    width, height, type: still.type, orientation: width >= height ? "landscape" : "portrait",
    preview: `${video.videoWidth} x ${video.videoHeight}`, via: still.via, bytes: still.bytes.byteLength,
    open_ms: openMs, shot_ms: shotMs, torch: camera.hasTorch(),
    capabilities: { ...live?.getCapabilities(), deviceId: undefined, groupId: undefined },
    storage_kept: await storageKept(), user_agent: navigator.userAgent,
  };
}

function facts(result: Result): HTMLElement {
  const rows = [
    ["Size", `${result.width} × ${result.height}`], ["Type", String(result.type)],
    ["Taken by", result.via === "photo" ? "Full still" : "Video frame: this browser gives no full still"],
    ["Held", String(result.orientation)], ["Opened in", `${String(result.open_ms)} ms`],
    ["Shot in", `${String(result.shot_ms)} ms`], ["Torch", result.torch ? "Yes" : "No"],
    ["Storage", result.storage_kept ? "Kept by the browser" : "May be cleared by the browser when space is short"],
  ] as const;
  return h("dl", { class: "facts" }, ...rows.flatMap(([name, words]) => [h("dt", {}, name), h("dd", {}, words)]));
}

/** Take the test shot and send what it showed. The shot itself is dropped at once. */
export async function selfCheckScreen(): Promise<void> {
  const declared = { backup_off: false, updated: false };
  await screen<null>((leave, signal) => {
    const video = h("video", { autoplay: true, playsinline: true, "aria-label": "Live view" });
    video.muted = true;
    const said = h("div", { class: "stack", "aria-live": "polite" });
    const go = mainButton("Take the test shot", () => void take());
    go.disabled = true;
    let openMs = 0;
    const started = performance.now();
    camera.open().then((stream) => {
      video.srcObject = stream;
      video.addEventListener("playing", () => {
        openMs = Math.round(performance.now() - started);
        go.disabled = false;
      }, { once: true });
      return video.play();
    }).catch((error: unknown) => put(said, h("p", { role: "alert" }, camera.whyShut(error))));
    const take = async (): Promise<void> => {
      go.disabled = true;
      try {
        const result = await testShot(video, openMs);
        const sent = await server.selfCheck(result).then(() => true, () => false);
        if (declared.backup_off && declared.updated) await server.declare(declared).catch(() => undefined);
        asks.splice(0);
        put(said, facts(result), h("p", { class: "small" }, sent
          ? "The practice has these facts. The shot itself was not kept."
          : "The practice server didn’t answer; check again later. The shot itself was not kept."));
        put(bar, mainButton("Done", () => leave(null)));
      } catch {
        go.disabled = false;
        put(said, h("p", { role: "alert" }, "The camera gave no picture. Try again."));
      }
    };
    const bar = h("div", { class: "stack" }, go, button("Not now", () => leave(null), { "data-wide": true }));
    signal.addEventListener("abort", () => {
      camera.rest();
      video.srcObject = null;
    });
    return {
      title: "Check this phone", kind: "selfcheck",
      main: [
        h("header", {}, h("h1", { class: "sentence" }, "Point the camera at a bare wall"),
          h("p", {}, "One test shot shows what this phone can do. It is measured and dropped.")),
        h("div", { class: "finder small-finder" }, video), said,
        tick("Automatic backup of app data is off, as far as I can set it.", (on) => { declared.backup_off = on; }),
        tick("The phone’s system is up to date.", (on) => { declared.updated = on; }),
      ],
      bar: [bar],
    };
  });
}
