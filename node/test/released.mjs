// What is released, as it is released: built with the release profile, installed as two packages into
// an empty project, and used by Node.js, Bun and Deno. Takes minutes: `make test-all` runs it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Lab, packageFolder } from "./lab.mjs";
import { emptyProject, install, pack, platformName } from "./project.mjs";

const LARGEST = 6_000_000;
const ROUNDS = 2000;

const SMOKE = `import { fromEnv, MultiErrorReply } from "redlatch";
const client = await fromEnv().connect();
await client.set("text", "value");
const large = "x".repeat(3_000_000);
await client.set("large", large);
const numbers = await Promise.all(Array.from({ length: ${ROUNDS} }, () => client.incr("number")));
const failed = await client.multi().incr("text").exec().catch((error) => error);
const heard = new Promise((resolve) => client.subscribe("channel", resolve)
  .then(() => client.publish("channel", "message")));
console.log(JSON.stringify([
  await client.get("text"),
  (await client.get("large")) === large,
  numbers.at(-1) - numbers[0],
  failed instanceof MultiErrorReply,
  await heard,
  await client.blPop("none", 0.01),
]));
await client.close();
`;
const SAID = `${JSON.stringify(["value", true, ROUNDS - 1, true, "message", null])}\n`;

let lab;
let project;
before(async () => {
  lab = await Lab.up();
  project = emptyProject();
  const build = [join(packageFolder, "build.mjs"), "--profile", "release", "--out", project];
  execFileSync(process.execPath, build, { stdio: "inherit" });
  const built = readdirSync(project).find((name) => name.endsWith(".node"));
  const out = join(project, "released");
  const release = [join(packageFolder, "release.mjs"), "--out", out];
  execFileSync(process.execPath, [...release, `${platformName}=${join(project, built)}`]);
  assert.ok(statSync(join(project, built)).size < LARGEST);
  rmSync(join(project, built));
  const archives = [platformName, "redlatch"].map((name) => pack(join(out, name), project));
  for (const archive of archives) {
    console.log(
      `${archive.slice(project.length + 1)}: ${(statSync(archive).size / 1e6).toFixed(2)} MB`,
    );
  }
  install(project, ...archives);
  writeFileSync(join(project, "smoke.mjs"), SMOKE);
});
after(async () => {
  rmSync(project, { recursive: true, force: true });
  await lab.down();
});

/** Runs the program; the runtime comes from npm, unless it is Node.js. */
function smoke(program, ...args) {
  const options = { cwd: project, env: lab.environment(), encoding: "utf8", timeout: 60_000 };
  const { status, stdout, stderr } = spawnSync(program, [...args, "smoke.mjs"], options);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: SAID, stderr: "" });
}

/** The version that the lock file of test/runtimes names. */
function fromNpm(name) {
  const folder = join(packageFolder, "test", "runtimes");
  execFileSync("npm", ["install", "--silent", "--no-save", "--no-audit", "--no-fund"], {
    cwd: folder,
  });
  return join(folder, "node_modules", ".bin", name);
}

test("Node.js", () => smoke(process.execPath));

test("Bun", () => smoke(fromNpm("bun")));

test("Deno", () => smoke(fromNpm("deno"), "run", "--allow-all"));
