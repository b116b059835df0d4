// Makes the inspector: one page with all in it. Usage: node build.mjs MODULE PAGE
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const node = join(here, "..", "..", "..", "node");
const { build } = createRequire(join(node, "package.json"))("esbuild");
const [module, page] = process.argv.slice(2);

/** The package's own sources, with the module from the page itself, and nothing of a runtime. */
const placed = {
  name: "placed",
  setup({ onResolve }) {
    onResolve({ filter: /^#module$/ }, () => ({ path: join(here, "module.ts") }));
    onResolve({ filter: /^#/ }, () => ({
      path: join(here, "..", "host", "runtime", "nothing.js"),
    }));
    onResolve({ filter: /^\.\/(load|link)$/ }, ({ path, importer }) =>
      dirname(importer) === join(node, "src")
        ? { path: join(here, "..", "host", `${path}.ts`) }
        : undefined,
    );
  },
};

const { outputFiles } = await build({
  entryPoints: [join(here, "page.ts"), join(here, "style.css")],
  outdir: here,
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  nodePaths: [join(node, "node_modules")],
  external: ["node:*"],
  treeShaking: true,
  plugins: [placed],
  legalComments: "none",
  logLevel: "warning",
});
const output = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim();
const [script, style] = [output(".js"), output(".css")];
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const parts = {
  policy: [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "connect-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; "),
  style,
  script,
  module: gzipSync(readFileSync(module), { level: 9 }).toString("base64"),
};
const html = readFileSync(join(here, "index.html"), "utf8");
writeFileSync(
  page,
  html.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]),
);
