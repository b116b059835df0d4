// Options of createClient to the core's settings: names and units only, no policy.
import { failure, type RedlatchError } from "./error";
import { SOCKET, type SocketSettings } from "./link";
import type { Material } from "./material";
import { native } from "./native";
import type { ClientOptions } from "./options";
import { type Hire, PROVIDERS, type Provider, provider, type Supply } from "./provider";

/** What clients are made of. */
export class Settings {
  /** The core's settings, as JSON: out of reach of whoever prints the client. */
  readonly #document: string;

  constructor(
    document: string,
    readonly socket: SocketSettings,
    private readonly hires: ReadonlyMap<Material, Hire>,
  ) {
    this.#document = document;
  }

  /** The number of a new client of the core. */
  open(fromEnv: boolean): number {
    const opened = native.open(this.#document, fromEnv);
    if (typeof opened !== "number") {
      throw opened;
    }
    return opened;
  }

  /** A report of the doctor, as JSON; its providers are asked once, before. */
  async examine(fromEnv: boolean, readOnly: boolean): Promise<string> {
    const provided: Uint8Array[] = [];
    // What a stream tells later is too late for the report.
    for (const [material, provider] of this.hire(() => undefined)) {
      provided.push(Buffer.from(material));
      try {
        const parts = await provider.provide();
        provided.push(Buffer.from(String(parts.length)), ...parts);
      } catch (error) {
        provided.push(Buffer.from("-"), Buffer.from(String(error)));
      } finally {
        provider.end?.();
      }
    }
    return native.examine(this.#document, fromEnv, readOnly, provided);
  }

  /** The same for another database. */
  inDatabase(db: number): Settings {
    const document = JSON.stringify({ ...JSON.parse(this.#document), db });
    return new Settings(document, this.socket, this.hires);
  }

  /** The providers of one client. */
  hire(supply: Supply): Map<Material, Provider> {
    return new Map([...this.hires].map(([material, hire]) => [material, hire(supply)]));
  }
}

interface SettingRow {
  readonly name: string;
  readonly kind: "text" | "secret" | "path" | "bool" | "integer" | "seconds" | "choice" | "list";
}

/** Every setting of the core by its name in Node.js. */
export const table: ReadonlyMap<string, SettingRow> = new Map(
  (JSON.parse(native.settings()) as SettingRow[]).map((row) => [camelCase(row.name), row]),
);

/** node-redis's names for settings of the core. */
const NAMES: Record<string, string> = {
  database: "db",
  name: "clientName",
  pingInterval: "liveness",
  RESP: "protocol",
  commandsQueueMaxLength: "maxQueue",
  "socket.host": "host",
  "socket.port": "port",
  "socket.path": "path",
  "socket.tls": "tls",
  "socket.servername": "expectedName",
  "socket.connectTimeout": "connectTimeout",
  "socket.ca": "caPem",
  "socket.cert": "certPem",
  "socket.key": "keyPem",
  "socket.passphrase": "keyPassword",
  "socket.minVersion": "tlsMinVersion",
  "commandOptions.timeout": "timeout",
};

/** The core's setting that an option stands for, if any. */
export function settingOf(option: string): SettingRow | undefined {
  return table.get(NAMES[option] ?? option);
}

/** What node-redis knows and redlatch does not do, with what to use in its place. */
const UNSUPPORTED: Record<string, string> = {
  provideTrust: "trustProvider",
  provideIdentity: "identityProvider",
  provideCredentials: "credentialsProvider",
  readonly: "",
  disableClientInfo: "",
  clientSideCache: "",
  emitInvalidate: "",
  maintNotifications: "",
  maintEndpointType: "",
  maintRelaxedCommandTimeout: "",
  maintRelaxedSocketTimeout: "",
  "socket.reconnectStrategy": "backoffMin, backoffMax",
  "socket.socketTimeout": "liveness",
  "socket.checkServerIdentity": "verify, expectedName",
  "socket.crl": "crlFile",
  "socket.pfx": "socket.cert, socket.key",
  "socket.ciphers": "",
  "socket.secureContext": "socket.ca, socket.cert, socket.key",
  "socket.ALPNProtocols": "",
  "socket.localAddress": "",
  "socket.lookup": "",
};

/** Values of node-redis's options that ask for what redlatch does anyway. */
const FULFILLED: Record<string, readonly unknown[]> = {
  readonly: [false],
  disableClientInfo: [false],
  pingInterval: [0],
  maintNotifications: ["disabled", "auto"],
  "socket.rejectUnauthorized": [true],
  "socket.minVersion": ["TLSv1", "TLSv1.1", "TLSv1.2"],
  "socket.maxVersion": ["TLSv1.3"],
};

/** Options of the client itself, and what each must be. */
const OWN: Record<string, (value: unknown) => boolean> = {
  disableOfflineQueue: (value) => typeof value === "boolean",
  telemetry: (value) => typeof value === "boolean",
  keyPrefix: (value) => typeof value === "string" || value instanceof Uint8Array,
  modules: isObject,
  functions: isObject,
  scripts: isObject,
  "commandOptions.typeMapping": isObject,
  "commandOptions.abortSignal": (value) => value instanceof AbortSignal,
  "commandOptions.asap": (value) => typeof value === "boolean",
  "commandOptions.chainId": (value) => typeof value === "symbol",
};

/** Reads options; those that are undefined count as absent. */
export function read(options: ClientOptions): Settings {
  const socket = { ...SOCKET };
  const found = new Map<string, { value: unknown; option: string }>();
  const hires = new Map<Material, Hire>();
  for (const [option, value] of flat(options)) {
    if (Object.hasOwn(PROVIDERS, option)) {
      hires.set(PROVIDERS[option], provider(option, value));
      found.set(`provide_${PROVIDERS[option]}`, { value: true, option });
      continue;
    }
    if (FULFILLED[option]?.includes(value)) {
      continue;
    }
    if (Object.hasOwn(OWN, option)) {
      if (!OWN[option](value)) {
        throw failure("config.invalid", "has the wrong type", { setting: option });
      }
      continue;
    }
    if (option === "socket.reconnectStrategy" && typeof value === "number") {
      found.set("backoff_min", { value: value / 1000, option });
      found.set("backoff_max", { value: value / 1000, option });
      continue;
    }
    const name = option.startsWith("socket.") ? option.slice(7) : "";
    if (Object.hasOwn(socket, name)) {
      if (typeof value !== typeof socket[name as keyof SocketSettings]) {
        throw failure("config.invalid", "has the wrong type", { setting: option });
      }
      Object.assign(socket, { [name]: value });
      continue;
    }
    const [setting, plain] = translate(option, value);
    const before = found.get(setting);
    if (before !== undefined && before.value !== plain) {
      throw failure("config.conflict", "", { first: before.option, second: option });
    }
    found.set(setting, { value: plain, option });
  }
  const settings = [...found].map(([name, { value }]) => [name, value]);
  return new Settings(JSON.stringify(Object.fromEntries(settings)), socket, hires);
}

/** Options by path, `socket.host` for example. */
function* flat(options: ClientOptions): Generator<[string, unknown]> {
  const nested = ["socket", "commandOptions"];
  for (const [name, value] of Object.entries(options)) {
    if (!nested.includes(name)) {
      if (value !== undefined) {
        yield [name, value];
      }
    } else if (value !== undefined) {
      if (typeof value !== "object" || value === null) {
        throw failure("config.invalid", "must be an object", { setting: name });
      }
      for (const [inner, innerValue] of Object.entries(value)) {
        if (innerValue !== undefined) {
          yield [`${name}.${inner}`, innerValue];
        }
      }
    }
  }
}

/** The core's name and value of an option. */
function translate(option: string, value: unknown): [string, unknown] {
  if (option === "socket.rejectUnauthorized" && value === false) {
    return ["danger_accept_any_certificate", true];
  }
  if (option === "clientInfoTag") {
    return ["lib_name", `redlatch(${text(option, value)})`];
  }
  const row = option in UNSUPPORTED ? undefined : settingOf(option);
  if (row === undefined) {
    throw refusal(option);
  }
  if (row.name.endsWith("_pem")) {
    return [row.name, pem(option, value)];
  }
  if (Array.isArray(value) && (row.kind === "list" || row.name === "password_command")) {
    return [row.name, texts(option, value)];
  }
  if (option === "socket.minVersion") {
    return [row.name, text(option, value).replace(/^TLSv/, "")];
  }
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) {
        throw failure("config.invalid", "is not a finite number", { setting: option });
      }
      return [row.name, row.kind === "seconds" ? value / 1000 : value];
    case "string":
    case "boolean":
      return [row.name, value];
    default:
      throw failure("config.invalid", "must be a plain value", { setting: option });
  }
}

function refusal(option: string): RedlatchError {
  if (option in UNSUPPORTED || option in FULFILLED) {
    const alternative = UNSUPPORTED[option];
    return failure("config.unsupported", "", {
      setting: option,
      ...(alternative ? { alternative } : {}),
    });
  }
  return failure("config.unknown", "", { setting: option });
}

/** Certificates as Node's TLS takes them: PEM or DER, one or many. */
function pem(option: string, value: unknown): string {
  const parts = Array.isArray(value) ? value : [value];
  const joined = parts
    .map((part: unknown) => {
      if (part instanceof Uint8Array) {
        // A DER SEQUENCE; PEM text starts with a printable character.
        return part[0] === 0x30 && part[1] >= 0x80
          ? `-----BEGIN CERTIFICATE-----\n${base64(part)}\n-----END CERTIFICATE-----`
          : new TextDecoder().decode(part);
      }
      return text(option, part);
    })
    .join("\n");
  if (joined.trim() === "") {
    // Given but empty: falling back to other CAs would trust what was not asked for.
    throw failure("config.invalid", "is empty", { setting: option });
  }
  return joined;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Nothing in place of something would be less than what was asked for. */
function texts(option: string, value: unknown[]): string[] {
  if (value.length === 0) {
    throw failure("config.invalid", "is empty", { setting: option });
  }
  return value.map((part) => text(option, part));
}

function text(option: string, value: unknown): string {
  if (typeof value !== "string") {
    throw failure("config.invalid", "must be text", { setting: option });
  }
  return value;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
