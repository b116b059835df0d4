// Options as anybody may see them: what a client is printed with, or handed on in a log.
import type { ClientOptions } from "./options";
import { settingOf } from "./settings";

/** Texts that are no secret, nor hold one. */
const TEXTS = ["host", "expected_name", "client_name", "lib_name", "lib_version", "username"];
const KINDS = ["path", "choice", "bool", "integer", "seconds"];
const ATTACHED = ["modules", "functions", "scripts"];

/** A copy; what may be a secret, a URL or a callback among it, is `***`. */
export function shown(options: ClientOptions): ClientOptions {
  return masked(options, "");
}

function masked(options: object, path: string): object {
  const all = Object.entries(options).map(([name, value]) => {
    const isGroup = path === "" && (name === "socket" || name === "commandOptions");
    if (isGroup && typeof value === "object" && value !== null) {
      return [name, masked(value, `${name}.`)];
    }
    return [name, isHarmless(path + name, value) ? value : "***"];
  });
  return Object.fromEntries(all);
}

function isHarmless(option: string, value: unknown): boolean {
  if (ATTACHED.includes(option) || option === "commandOptions.typeMapping") {
    return true;
  }
  if (typeof value === "boolean" || typeof value === "number" || value === undefined) {
    return true;
  }
  const row = settingOf(option);
  return row !== undefined && (KINDS.includes(row.kind) || TEXTS.includes(row.name));
}
