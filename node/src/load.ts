// Finds the extension: beside the package or the bundle that it became part of, as a build of this tree
// leaves it, or else in the package of this platform, which npm installs along.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Platform packages, by platform. Where npm does not look at `libc`, the one that loads counts. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": ["@redlatch/linux-x64-gnu", "@redlatch/linux-x64-musl"],
  "linux-arm64": ["@redlatch/linux-arm64-gnu", "@redlatch/linux-arm64-musl"],
  "darwin-x64": ["@redlatch/darwin-x64"],
  "darwin-arm64": ["@redlatch/darwin-arm64"],
};

export function load(): unknown {
  const here = `${process.platform}-${process.arch}`;
  // Bundles of ES modules have no folder.
  for (const folder of typeof __dirname === "string" ? [join(__dirname, ".."), __dirname] : []) {
    const file = join(folder, `redlatch.${here}.node`);
    if (existsSync(file)) {
      return require(file);
    }
  }
  const failures: unknown[] = [];
  for (const name of PACKAGES[here] ?? []) {
    try {
      return require(name);
    } catch (error) {
      failures.push(error);
    }
  }
  throw unsupported(here, failures);
}

/** The table of codes is in what is missing: its row is spelled out. */
function unsupported(here: string, failures: unknown[]): Error {
  const remedy =
    here in PACKAGES
      ? `Install ${PACKAGES[here].join(" or ")} of redlatch's version, without --omit=optional, and ` +
        "with a lock file that was made for this platform too."
      : `Use redlatch on ${Object.keys(PACKAGES).join(", ")}.`;
  const error = new Error(`there is no native part of redlatch for ${here}: ${remedy}`, {
    cause: failures.find(isNotAbsence) ?? failures[0],
  });
  return Object.assign(error, {
    name: "ConfigError",
    code: "config.unsupported",
    remedy,
    evidence: { platform: here },
  });
}

/** A package that is there and does not load says more than one that is not there. */
function isNotAbsence(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND";
}
