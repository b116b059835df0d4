// Builds the package from the module into dist. Usage: node build.mjs MODULE
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const node = join(here, "..", "..", "node");
const host = join(here, "host");
const dist = join(here, "dist");
const { build } = createRequire(join(node, "package.json"))("esbuild");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
copyFileSync(process.argv[2], join(dist, "redlatch.wasm"));
const runtime = join(host, "runtime");
for (const file of readdirSync(runtime).filter((name) => name.endsWith(".js"))) {
  copyFileSync(join(runtime, file), join(dist, file));
}
/** What differs from the package for Node.js: how the core is reached, and what moves bytes. */
const replaced = {
  name: "replaced",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(load|link)$/ }, ({ path, importer }) =>
      dirname(importer) === join(node, "src") ? { path: join(host, `${path}.ts`) } : undefined,
    );
  },
};

/** CommonJS within the bundle asks for modules of Node.js; a module of ECMAScript imports them. */
const builtIn = {
  name: "built-in",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:|^crypto$/ }, ({ path, kind }) => {
      const name = path.replace(/^(node:)?/, "node:");
      return kind === "require-call"
        ? { path: name, namespace: "built-in" }
        : { path: name, external: true };
    });
    onLoad({ filter: /.*/, namespace: "built-in" }, ({ path }) => ({
      contents: `export * from "${path}"; export { default } from "${path}";`,
    }));
  },
};

const common = {
  outdir: dist,
  bundle: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["main"],
  target: "es2022",
  minifySyntax: true,
  nodePaths: [join(node, "node_modules")],
  legalComments: "none",
  logLevel: "warning",
};
await build({
  ...common,
  entryPoints: { index: join(host, "index.ts"), driver: join(host, "light.ts") },
  chunkNames: "shared-[hash]",
  splitting: true,
  external: ["#*", "@opentelemetry/api"],
  plugins: [replaced, builtIn],
});
await build({
  ...common,
  entryPoints: ["system.node.ts", "sockets.node.ts"].map((file) => join(runtime, file)),
  external: ["node:*"],
});

const compiler = join(node, "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [compiler, "--project", here], { stdio: "inherit" });
// Their imports name no endings, as those of CommonJS may.
writeFileSync(join(dist, "types", "package.json"), '{ "type": "commonjs" }\n');
