// Files, commands and the environment of Node.js, Deno and Bun.
import { spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import * as tls from "node:tls";
import { Question, type System } from "../system";

/** Largest file that is read. */
const MOST_BYTES = 1 << 20;
/** A token is far shorter. */
const MOST_PRINTED = 1 << 16;
const SECOND = 1_000_000_000n;

export const system: System = (question, about) => {
  switch (question) {
    case Question.Stamp:
      return stamp(about);
    case Question.Read:
      return read(about);
    case Question.Names:
      return ended(readdirSync(about));
    case Question.Volume:
      return readlinkSync(join(about, "..data"));
    case Question.Frozen:
      return isMounted(about) ? "1" : "0";
    case Question.Append: {
      const [path, line] = about.split("\0", 2);
      appendFileSync(path, line, { mode: 0o600 });
      return "";
    }
    case Question.Roots:
      return roots();
    case Question.Environment:
      return ended(Object.entries(process.env).map(([name, value]) => `${name}=${value}`));
    case Question.Start:
      return start(about.split("\0").slice(0, -1));
    case Question.Progress:
      return progress(about);
    case Question.End:
      commands.get(about)?.kill();
      commands.delete(about);
      return "";
    default:
      throw new Error("nobody knows");
  }
};

function stamp(path: string): string {
  const { dev, ino, size, ctimeNs, mode } = statSync(path, { bigint: true });
  const isFolder = (Number(mode) & constants.S_IFMT) === constants.S_IFDIR;
  return [dev, ino, size, ctimeNs / SECOND, ctimeNs % SECOND, Number(isFolder)].join(" ");
}

function read(path: string): Uint8Array {
  // Opening a FIFO would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(file).isFile()) {
      throw new Error("is not a regular file");
    }
    const bytes = new Uint8Array(MOST_BYTES + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) {
        return bytes.subarray(0, length);
      }
      length += read;
    }
    throw new Error(`is larger than ${MOST_BYTES} bytes`);
  } finally {
    closeSync(file);
  }
}

function isMounted(path: string): boolean {
  if (process.platform !== "linux") {
    return false;
  }
  // The fifth field is the mount point; blanks in it are octal.
  const wanted = realpathSync(path).replaceAll(" ", "\\040");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return mounts.some((line) => line.split(" ")[4] === wanted);
}

function roots(): string {
  const { getCACertificates } = tls as { getCACertificates?: (store: string) => string[] };
  if (getCACertificates === undefined) {
    throw new Error("this runtime does not show the system's trust store");
  }
  const found = getCACertificates("system");
  if (found.length === 0) {
    throw new Error("the trust store is empty");
  }
  return ended(found);
}

function ended(texts: readonly string[]): string {
  return texts.map((text) => `${text}\0`).join("");
}

/** A command under way. */
class Command {
  private readonly printed: Buffer[] = [];
  private length = 0;
  private outcome: Uint8Array | Error | undefined;
  private readonly child;

  constructor([program, ...words]: readonly string[]) {
    // Its standard error goes where logs go: it may repeat secrets.
    this.child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.child
      .on("error", (error) => {
        this.outcome = new Error(`${program} cannot be started: ${error.message}`);
      })
      .on("close", (status, signal) => {
        this.outcome ??=
          status === 0
            ? Buffer.concat([Buffer.from("+"), ...this.printed])
            : new Error(`the command failed: ${signal ?? `exit status: ${status}`}`);
      });
    this.child.stdout.on("data", (bytes: Buffer) => {
      this.printed.push(bytes);
      this.length += bytes.length;
      if (this.length > MOST_PRINTED) {
        this.outcome = new Error(`the command printed more than ${MOST_PRINTED} bytes`);
        this.kill();
      }
    });
    this.child.unref();
  }

  /** Nothing while it runs. */
  get progress(): Uint8Array {
    if (this.outcome instanceof Error) {
      throw this.outcome;
    }
    return this.outcome ?? new Uint8Array(0);
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

const commands = new Map<string, Command>();
let last = 0;

function start(words: readonly string[]): string {
  const number = String(++last);
  commands.set(number, new Command(words));
  return number;
}

function progress(number: string): Uint8Array {
  const command = commands.get(number);
  if (command === undefined) {
    throw new Error("the command is gone");
  }
  return command.progress;
}
