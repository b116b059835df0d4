// The package as people get it: packed, installed into an empty project, loaded both ways.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Lab, packageFolder, run } from "./lab.mjs";

let lab;
let project;
before(async () => {
  lab = await Lab.up();
  project = mkdtempSync(join(tmpdir(), "redlatch-package-"));
  const npm = (args, cwd) =>
    execFileSync("npm", [...args, "--silent", "--offline", "--no-audit", "--no-fund"], {
      cwd,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
  const packed = npm(["pack", "--ignore-scripts", "--pack-destination", project], packageFolder);
  writeFileSync(join(project, "package.json"), '{"name":"empty","private":true}');
  npm(["install", "--ignore-scripts", `./${packed.trim().split("\n").at(-1)}`], project);
});
after(async () => {
  rmSync(project, { recursive: true, force: true });
  await lab.down();
});

const BODY = `const client = await fromEnv().connect();
  await client.set("packed", "works");
  console.log(await client.get("packed"));
  await client.close();`;

function ran(name, text) {
  writeFileSync(join(project, name), text);
  return run([join(project, name)], { cwd: project, env: lab.environment() });
}

test("import and require", () => {
  const works = { status: 0, output: "works\n" };
  assert.deepEqual(ran("named.mjs", `import { fromEnv } from "redlatch";\n${BODY}`), works);
  const whole = `import redlatch from "redlatch";\nconst { fromEnv } = redlatch;\n${BODY}`;
  assert.deepEqual(ran("whole.mjs", whole), works);
  const common = `const { fromEnv } = require("redlatch");\n(async () => {${BODY}})();`;
  assert.deepEqual(ran("common.cjs", common), works);
});

test("both ways share one set of classes", () => {
  const text = `import { createRequire } from "node:module";
    import * as one from "redlatch";
    const two = createRequire(import.meta.url)("redlatch");
    console.log(one.RedlatchError === two.RedlatchError, one.createClient === two.createClient);`;
  assert.deepEqual(ran("same.mjs", text), { status: 0, output: "true true\n" });
});

test("types, for both ways", () => {
  const use = `
    const client = createClient({ socket: { host: "h", tls: true, ca: "pem" }, timeout: "5s" });
    const text: Promise<string | null> = client.get("key");
    const bytes: Promise<Buffer | null> = client
      .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      .get("key");
    const all: Promise<Record<string, string>> = client.hGetAll("key");
    const done: Promise<unknown[]> = client.multi().set("a", 1, { EX: 5 }).GET("a").exec();
    client.on("error", (error: RedlatchError) => error.code.startsWith("tls."));
    const provided = createClient({
      credentialsProvider: async () => ({ token: "t", expiresAt: new Date() }),
      trustProvider: () => [Buffer.of()],
      identityProvider: () => ({ cert: "c", key: "k" }),
    });
    createClient({
      credentialsProvider: {
        type: "streaming-credentials-provider",
        subscribe: async ({ onNext }) => [{ password: "p" }, { dispose: () => onNext({}) }],
        onReAuthenticationError: (error: Error) => console.error(error),
      },
    });
    const supplied: Promise<void> = provided.supply("identity", { cert: "c", key: "k" });
    const days: number | undefined = provided.status().trust?.certificates[0].days_left;
    // @ts-expect-error: an identity has a key
    provided.supply("identity", { cert: "c" });
    // @ts-expect-error: keys are text or bytes
    client.get(5);
    // @ts-expect-error: no such option
    createClient({ pasword: "x" });
    void [text, bytes, all, done, supplied, days];`;
  const names = "createClient, RESP_TYPES, type RedlatchError";
  mkdirSync(join(project, "node_modules", "@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) {
    cpSync(join(packageFolder, "node_modules", name), join(project, "node_modules", name), {
      recursive: true,
    });
  }
  writeFileSync(join(project, "use.mts"), `import { ${names} } from "redlatch";${use}`);
  writeFileSync(join(project, "use.cts"), `import { ${names} } from "redlatch";${use}`);
  const tsc = join(packageFolder, "node_modules", "typescript", "bin", "tsc");
  const flags = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2023"];
  const done = run([tsc, ...flags, "--types", "node", "use.mts", "use.cts"], { cwd: project });
  assert.deepEqual(done, { status: 0, output: "" });
});
