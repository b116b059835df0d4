// Empty projects that packages are installed into, from npm's cache.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBC = { linux: process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl" };

/** Of this platform's package, behind `@redlatch/`. */
export const platformName = `${process.platform}-${process.arch}${LIBC[process.platform] ?? ""}`;

export function emptyProject() {
  const folder = mkdtempSync(join(tmpdir(), "redlatch-package-"));
  writeFileSync(join(folder, "package.json"), '{"name":"empty","private":true}');
  return folder;
}

/** The archive that `npm publish` would send. */
export function pack(folder, destination) {
  const packed = npm(folder, "pack", "--ignore-scripts", "--pack-destination", destination);
  return join(destination, packed.trim().split("\n").at(-1));
}

export function install(project, ...packages) {
  npm(project, "install", "--ignore-scripts", ...packages);
}

function npm(cwd, ...args) {
  return execFileSync("npm", [...args, "--silent", "--offline", "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
}
