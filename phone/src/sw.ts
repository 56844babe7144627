/** Service worker: keeps the shell and nothing else. Never a photo, never an answer with a name in it. */

import { drain, pause } from "./outbox.ts";

declare const SHELL_VERSION: string;
declare const SHELL_FILES: readonly string[];

interface Later extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Later {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
const worker = self as unknown as {
  addEventListener(type: string, listen: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
};
/** Waits before each try, in milliseconds: the browser's own next try is minutes away. */
const SOON = [0, 2000, 5000, 15_000];
const NAME = `shell-${SHELL_VERSION}`;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll(SHELL_FILES.map((path) => new Request(path, { cache: "reload" })));
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
  await worker.clients.claim();
}

async function answer(request: Request, path: string): Promise<Response> {
  const kept = await (await caches.open(NAME)).match(path);
  // eslint-disable-next-line no-restricted-globals -- a listed file that the cache lost
  return kept ?? fetch(request);
}

worker.addEventListener("install", (event: Later) => event.waitUntil(install()));
worker.addEventListener("activate", (event: Later) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event: Asked) => {
  const { pathname, origin, search } = new URL(event.request.url);
  const ours = origin === worker.location.origin && event.request.method === "GET" && !search;
  if (ours && SHELL_FILES.includes(pathname)) event.respondWith(answer(event.request, pathname));
});
worker.addEventListener("message", (event: Later & { data: unknown }) => {
  if (event.data === "take over") event.waitUntil(worker.skipWaiting());
});
worker.addEventListener("sync", (event: Later & { tag: string }) => {
  if (event.tag === "drain") event.waitUntil(again());
});

/** Send, also when the line comes and goes. The browser tries a failed sync again, so it must fail. */
async function again(): Promise<void> {
  for (const wait of SOON) {
    await pause(wait);
    if ((await drain({ inTurn: true })) !== "silent") return;
  }
  throw new Error("no answer yet");
}
