// Bundles the phone app into the static folder that the server serves under /phone/.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
const web = join(here, "..", "safelight", "web", "phone");
const out = process.argv[2] ?? join(web, "static", "phone");
const style = join(here, "..", "style");
const sheets = ["tokens.css", "base.css", "parts.css", "phone.css"];
const icons = readdirSync(join(web, "templates", "phone", "icons"));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const common = {
  bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "none",
  charset: "utf8", logLevel: "warning", define: { APP_VERSION: JSON.stringify(version) },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
// The code reader is large and used once, so the app fetches it by itself when a phone is added.
const apart = {
  name: "apart",
  setup(work) {
    work.onResolve({ filter: /\/qr\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "/phone/qr.js", external: true } : undefined);
  },
};
await build({
  ...common, plugins: [apart], outdir: out,
  entryPoints: ["app", "sealer", "qr"].map((name) => join(here, "src", `${name}.ts`)),
});

// The shell's version is the hash of everything it is made of, so a changed byte is a new version.
const hash = createHash("sha256");
for (const name of ["app.js", "sealer.js", "qr.js"]) hash.update(readFileSync(join(out, name)));
for (const name of sheets) hash.update(readFileSync(join(style, name)));
hash.update(readFileSync(join(web, "templates", "phone", "shell.html")));
for (const name of icons) hash.update(readFileSync(join(web, "templates", "phone", "icons", name)));
const listed = [
  "/phone/", "/phone/app.js", "/phone/sealer.js", "/phone/qr.js", "/phone/app.webmanifest",
  ...icons.map((name) => `/phone/${name}`), ...sheets.map((name) => `/static/style/${name}`),
];
await build({
  ...common, entryPoints: [join(here, "src", "sw.ts")], outdir: out,
  define: {
    ...common.define, SHELL_VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
    SHELL_FILES: JSON.stringify(listed),
  },
});
for (const name of icons) {
  writeFileSync(join(out, name), readFileSync(join(web, "templates", "phone", "icons", name)));
}
