// Every JavaScript example of the READMEs runs as it stands, against a lab.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { Lab, packageFolder, run } from "./lab.mjs";

const root = dirname(packageFolder);
/** Within the package, so that it is found by its name. */
const folder = join(packageFolder, "dist", ".examples");

/** What examples take for granted, each unless it makes one of its own. */
const PRELUDE = `import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as redlatch from "redlatch";

const password = readFileSync(process.env.REDIS_PASSWORD_FILE, "utf8").trim();
Object.assign(globalThis, {
  require: createRequire(import.meta.url),
  createClient: redlatch.createClient,
  vault: { token: async () => ({ token: password, expiresOn: new Date(Date.now() + 3_600_000) }) },
  client: await redlatch.fromEnv().connect(),
});
`;

let lab;
before(async () => {
  lab = await Lab.up();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "prelude.mjs"), PRELUDE);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab.down();
});

/** An example with the lab's server in place of the reader's. */
function hosted(example) {
  const { host, port, ca_file, password_file } = lab.facts;
  return example
    .replaceAll("10.0.0.3", host)
    .replaceAll("6378", String(port))
    .replaceAll("/etc/redis-tls/ca.pem", ca_file)
    .replaceAll("/etc/redis/password", password_file);
}

const pages = [join(root, "README.md"), join(packageFolder, "README.md")];
const examples = pages.flatMap((page) => {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(({ 1: code, index }) => {
    const line = text.slice(0, index).split("\n").length + 1;
    return { name: `${relative(root, page)}:${line}`, code };
  });
});

for (const [number, { name, code }] of examples.entries()) {
  test(name, () => {
    const file = join(folder, `example-${number}.mjs`);
    // What examples leave open ends with the process, once everything that they began is done.
    const whole = `import "./prelude.mjs";\n${hosted(code)}\nawait 0;\nprocess.exit(0);\n`;
    writeFileSync(file, whole);
    const { status, output } = run([file], { env: lab.environment() });
    assert.equal(status, 0, output);
    assert.doesNotMatch(output, /unhandled|Error:/i);
  });
}

test("there are examples", () => {
  assert.ok(examples.filter(({ name }) => name.startsWith("node")).length >= 10);
  assert.ok(examples.length >= 12);
});
