// Builds the native extension and puts it where the package looks for it.
// Usage: node native.mjs [CARGO_PROFILE]; the default profile is `fast`.
import { execFileSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const profile = process.argv[2] ?? "fast";
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const library = { darwin: "libredlatch_node.dylib", win32: "redlatch_node.dll" };

execFileSync("cargo", ["build", "--package", "redlatch-node", "--profile", profile], {
  cwd: root,
  stdio: "inherit",
});
const built = join(target, profile, library[process.platform] ?? "libredlatch_node.so");
const placed = join(here, `redlatch.${process.platform}-${process.arch}.node`);
// A process that has loaded the old file keeps it.
copyFileSync(built, `${placed}.new`);
renameSync(`${placed}.new`, placed);
