// The lab: a real TLS server, driven through the redlatch program.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const program =
  process.env.REDLATCH_CLI ?? join(dirname(packageFolder), "target", "fast", "redlatch");

export class Lab {
  static async up() {
    const folder = mkdtempSync(join(tmpdir(), "redlatch-node-"));
    const lab = new Lab(folder);
    lab.process = spawn(program, ["lab", "up", "--dir", lab.folder, "--until-eof"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: lab.process.stdout })) {
      if (line.trim() === "ready") {
        return lab;
      }
    }
    throw new Error("the lab did not start");
  }

  constructor(folder) {
    this.root = folder;
    this.folder = join(folder, "lab");
  }

  get facts() {
    return JSON.parse(readFileSync(join(this.folder, "lab.json"), "utf8"));
  }

  /** Options of a client that trusts the lab and follows its files. */
  options(more = {}) {
    const { host, port, ca_file, password_file } = this.facts;
    return { host, port, caFile: ca_file, passwordFile: password_file, ...more };
  }

  /** What a program needs to connect by `fromEnv`. */
  environment(more = {}) {
    const { host, port, ca_file, password_file } = this.facts;
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("REDIS_"));
    return {
      ...Object.fromEntries(clean),
      REDIS_HOST: host,
      REDIS_PORT: String(port),
      REDIS_SSL_CA_CERTS: ca_file,
      REDIS_PASSWORD_FILE: password_file,
      ...more,
    };
  }

  /** Runs one verb; its effect holds when this resolves. */
  async verb(name, ...options) {
    const child = spawn(program, ["lab", name, ...options, "--dir", this.folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    const [status] = await once(child, "close");
    if (status !== 0) {
      throw new Error(`lab ${name}: ${output}`);
    }
    return output;
  }

  async down() {
    this.process.stdin.end();
    await once(this.process, "close");
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The first event of a kind that satisfies `wanted`. */
export function event(client, kind, wanted = () => true) {
  return new Promise((resolve) => {
    client.on(kind, function told(fact) {
      if (wanted(fact)) {
        client.off(kind, told);
        resolve(fact);
      }
    });
  });
}

/** Runs a program of Node to its end. */
export function run(args, options = {}) {
  const done = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 60_000,
    ...options,
  });
  return { status: done.status, output: done.stdout + done.stderr };
}
