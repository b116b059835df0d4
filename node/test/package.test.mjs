// The package as people get it: packed, installed into an empty project, loaded in every way.
import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildSync } from "esbuild";
import { Lab, packageFolder, run } from "./lab.mjs";
import { emptyProject, install, pack, platformName } from "./project.mjs";

let lab;
let project;
before(async () => {
  lab = await Lab.up();
  project = emptyProject();
  install(project, pack(packageFolder, project));
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

const FILE = `redlatch.${process.platform}-${process.arch}.node`;

/** ESM has neither; packages of CommonJS ask for both. */
const BANNER = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

test("bundles, with the extension beside them or in its package", () => {
  const elsewhere = emptyProject();
  const works = { status: 0, output: "works\n" };
  const source = join(project, "bundled.mjs");
  writeFileSync(source, `import { fromEnv } from "redlatch";\n(async () => {${BODY}})();`);
  const bundles = ["cjs", "esm"].map((format) => {
    const outfile = join(elsewhere, format === "cjs" ? "bundle.cjs" : "bundle.mjs");
    const banner = format === "cjs" ? {} : { js: BANNER };
    const options = { platform: "node", target: "node20", logLevel: "error", banner, format };
    buildSync({ entryPoints: [source], bundle: true, outfile, ...options });
    return outfile;
  });
  const runs = () => bundles.map((file) => run([file], { cwd: elsewhere, env: lab.environment() }));
  for (const { status, output } of runs()) {
    assert.equal(status, 1);
    assert.match(output, /config\.unsupported/);
  }
  copyFileSync(join(packageFolder, FILE), join(elsewhere, FILE));
  assert.deepEqual(runs(), [works, works]);
  rmSync(join(elsewhere, FILE));
  const released = join(elsewhere, "released");
  const made = `${platformName}=${join(packageFolder, FILE)}`;
  const release = [join(packageFolder, "release.mjs"), "--out", released, "--any-size", made];
  assert.equal(run(release).status, 0);
  install(elsewhere, pack(join(released, platformName), elsewhere));
  assert.deepEqual(runs(), [works, works]);
  // And the package that people ask for, which names the one of the platform.
  install(elsewhere, pack(join(released, "redlatch"), elsewhere));
  const installed = join(elsewhere, "node_modules", "redlatch");
  assert.deepEqual(readdirSync(installed).sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist",
    "package.json",
  ]);
  writeFileSync(join(elsewhere, "use.mjs"), `import { fromEnv } from "redlatch";\n${BODY}`);
  const use = run([join(elsewhere, "use.mjs")], { cwd: elsewhere, env: lab.environment() });
  assert.deepEqual(use, works);
  rmSync(elsewhere, { recursive: true, force: true });
});

test("without the extension it says what to install", () => {
  const file = join(project, "node_modules", "redlatch", FILE);
  renameSync(file, `${file}.away`);
  const text = `try {
      require("redlatch");
    } catch ({ name, code, evidence, remedy, message }) {
      console.log(name, code, evidence.platform, remedy.includes(process.argv[2]), message.includes(remedy));
    }`;
  writeFileSync(join(project, "bare.cjs"), text);
  const { output } = run([join(project, "bare.cjs"), `@redlatch/${platformName}`]);
  renameSync(`${file}.away`, file);
  const here = `${process.platform}-${process.arch}`;
  assert.equal(output, `ConfigError config.unsupported ${here} true true\n`);
});

test("threads", () => {
  const text = `const { Worker, isMainThread } = require("node:worker_threads");
    const { fromEnv } = require("redlatch");
    if (isMainThread) {
      for (let at = 0; at < 3; at++) new Worker(__filename);
    } else {
      (async () => {${BODY}})();
    }`;
  assert.deepEqual(ran("threads.cjs", text), { status: 0, output: "works\n".repeat(3) });
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
    void [text, bytes, all, done, supplied, days];
    const Connector: ConnectorClass = connector({ url: "rediss://h", caFile: "ca.pem" });
    const phase: string = Connector.status().state;
    // @ts-expect-error: no such option
    connector({ pasword: "x" });
    void [phase, new Connector().connect(() => {})];`;
  const names = "createClient, RESP_TYPES, type RedlatchError";
  mkdirSync(join(project, "node_modules", "@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) {
    cpSync(join(packageFolder, "node_modules", name), join(project, "node_modules", name), {
      recursive: true,
    });
  }
  const whole = `import { ${names} } from "redlatch";
    import { type ConnectorClass, connector } from "redlatch/ioredis";${use}`;
  writeFileSync(join(project, "use.mts"), whole);
  writeFileSync(join(project, "use.cts"), whole);
  const tsc = join(packageFolder, "node_modules", "typescript", "bin", "tsc");
  const flags = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2023"];
  const done = run([tsc, ...flags, "--types", "node", "use.mts", "use.cts"], { cwd: project });
  assert.deepEqual(done, { status: 0, output: "" });
});
