// Builds the package: the extension, placed where the package looks for it, then the TypeScript.
// Usage: node build.mjs [--profile CARGO_PROFILE] [--out FOLDER]    --out: the extension alone, there
import { execFileSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const LIBRARIES = { darwin: "libredlatch_node.dylib", win32: "redlatch_node.dll" };

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const { profile, out } = parseArgs({
  options: { profile: { type: "string", default: "fast" }, out: { type: "string" } },
}).values;

const cargo = ["build", "--quiet", "--locked", "--package", "redlatch-node", "--profile", profile];
execFileSync("cargo", cargo, { cwd: root, stdio: "inherit" });

const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const built = join(target, profile, LIBRARIES[process.platform] ?? "libredlatch_node.so");
const placed = join(out ?? here, `redlatch.${process.platform}-${process.arch}.node`);
// A process that has loaded the old file keeps it.
copyFileSync(built, `${placed}.new`);
renameSync(`${placed}.new`, placed);

if (out === undefined) {
  const typescript = join(here, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [typescript], { cwd: here, stdio: "inherit" });
}
