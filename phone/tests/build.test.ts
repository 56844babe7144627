import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const root = join(import.meta.dirname, "..");
let folders: string[] = [];
const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).sort().map((name) =>
    [name, createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")]));
const text = (name: string): string => readFileSync(join(folders[0] ?? "", name), "utf8");

before(() => {
  folders = [1, 2].map(() => {
    const folder = mkdtempSync(join(tmpdir(), "safelight-build-"));
    execFileSync(process.execPath, [join(root, "build.mjs"), folder]);
    return folder;
  });
});
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

test("two clean builds are the same bytes", () => {
  assert.deepEqual(hashes(folders[0] ?? ""), hashes(folders[1] ?? ""));
});

test("the service worker lists the shell and no address of the API", () => {
  const listed = /\["\/phone\/"[^\]]*\]/.exec(text("sw.js"))?.[0] ?? "[]";
  const paths = JSON.parse(listed) as string[];
  assert.ok(paths.includes("/phone/app.js") && paths.includes("/static/style/phone.css"));
  for (const path of paths) assert.doesNotMatch(path, /api|allauth|photos/);
});

test("the code reader is not inside the app, and nothing calls another host", () => {
  assert.ok(text("app.js").length < 160_000);
  for (const name of ["app.js", "sealer.js", "sw.js"]) {
    const hosts = new Set(text(name).match(/https?:\/\/[^"'`\s)/]+/g) ?? []);
    assert.deepEqual([...hosts].filter((host) => host !== "http://www.w3.org"), []);
  }
});

test("no script of ours gives a photo an address or writes markup", () => {
  for (const name of ["app.js", "sealer.js", "sw.js"]) {
    assert.doesNotMatch(text(name), /createObjectURL|innerHTML|insertAdjacentHTML|document\.write|localStorage/);
  }
});
