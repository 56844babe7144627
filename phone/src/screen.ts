/** Screen: one screen at a time. A screen is a function that returns how the person left it. */

import { heldLine } from "./held.ts";
import { h, put } from "./page.ts";

/** The app was locked: whatever was on the screen is over. */
export class Locked extends Error {}

export interface View {
  /** Goes into the browser's own history on disk, so it never names anybody. */
  title: string;
  main: (HTMLElement | null)[];
  bar?: HTMLElement[] | null;
  /** What stands above the page in place of the held line; the line itself is on every screen. */
  top?: HTMLElement;
  dark?: boolean;
  kind?: string;
  /** Where focus goes first; the heading unless said otherwise. */
  focus?: HTMLElement;
}
export type Build<T> = (leave: (how: T) => void, signal: AbortSignal) => View;

let current: AbortController | undefined;
let locking = new AbortController();
let isOpen = false;

/** End the unlocked session: the screen that is open, and any that would follow, reject. */
export function lockNow(): void {
  isOpen = false;
  locking.abort(new Locked());
  locking = new AbortController();
}
/** Begin an unlocked session. */
export function openNow(): void {
  isOpen = true;
}
export const lockSignal = (): AbortSignal => locking.signal;

function draw(view: View, signal: AbortSignal): void {
  const root = document.documentElement;
  root.classList.toggle("darkroom", view.dark === true);
  document.body.dataset.screen = view.kind ?? "";
  document.title = `${view.title} · Safelight`;
  const main = h("main", { id: "main" }, ...view.main);
  const shown = [view.top ?? heldLine(signal), main];
  if (view.bar) shown.push(h("footer", { class: "bar" }, ...view.bar));
  put(document.body, ...shown);
  window.scrollTo(0, 0);
  const first = view.focus ?? main.querySelector<HTMLElement>("h1") ?? main;
  if (!first.matches("input, button, select, textarea, a")) first.tabIndex = -1;
  first.focus({ preventScroll: true });
}

/** When a screen may be shown: only while unlocked; while locked too; or before the phone is added. */
export type When = "unlocked" | "locked too" | "always";

/** Show a screen and wait until the person leaves it. Locking ends it, whatever it was. */
export function screen<T>(build: Build<T>, when: When = "unlocked"): Promise<T> {
  current?.abort();
  const mine = new AbortController();
  current = mine;
  return new Promise<T>((resolve, reject) => {
    const lock = when === "always" ? undefined : lockSignal();
    const over = (): void => {
      mine.abort();
      reject(new Locked());
    };
    if (when === "unlocked" && !isOpen) {
      over();
      return;
    }
    lock?.addEventListener("abort", over, { once: true, signal: mine.signal });
    const leave = (how: T): void => {
      if (mine.signal.aborted) return;
      mine.abort();
      resolve(how);
    };
    draw(build(leave, mine.signal), mine.signal);
  });
}

/** Ask one thing in a dialog over the screen. Closing it means null. */
export function dialog<T>(
  title: string,
  build: (done: (value: T) => void) => { body: HTMLElement[]; foot: HTMLElement[] },
): Promise<T | null> {
  return new Promise((resolve) => {
    let answer: T | null = null;
    const head = h("h2", { class: "title", id: "dialog-title" }, title);
    const box = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
    const done = (value: T): void => {
      answer = value;
      box.close();
    };
    const { body, foot } = build(done);
    box.append(h("header", {}, head), h("div", { class: "stack" }, ...body),
      h("footer", {}, ...foot, h("button", { type: "button", class: "button", click: () => box.close() }, "Cancel")));
    box.addEventListener("close", () => {
      box.remove();
      resolve(answer);
    });
    lockSignal().addEventListener("abort", () => box.close(), { once: true });
    document.body.append(box);
    box.showModal();
  });
}
