// Empty projects that packages are installed into, without the network.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "./lab.mjs";

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

/** Installs archives of ours, and what they depend on: out of our own node_modules, since whether
 * npm's cache knows a package's versions depends on what else the machine has installed. */
export function install(project, ...packages) {
  const dependencies = JSON.parse(readFileSync(join(packageFolder, "package.json"))).dependencies;
  const archives = Object.keys(dependencies).map((name) =>
    pack(join(packageFolder, "node_modules", name), project),
  );
  npm(project, "install", "--ignore-scripts", ...archives, ...packages);
}

function npm(cwd, ...args) {
  return execFileSync("npm", [...args, "--silent", "--offline", "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
}
