// Channels and their listeners, on a connection of their own that outlives rotations.
import type { Engine } from "./engine";
import { failure, type RedlatchError } from "./error";
import { Lane } from "./lane";
import { BUFFERS } from "./mapping";

/** Ways to subscribe, by node-redis's names. */
export type Kind = "CHANNELS" | "PATTERNS" | "SHARDED";

export type PubSubListener = (message: never, channel: never) => unknown;

/** Who listens to a channel, as text and as bytes. */
export interface ChannelListeners {
  readonly strings: Set<PubSubListener>;
  readonly buffers: Set<PubSubListener>;
}

const COMMANDS = { CHANNELS: "SUBSCRIBE", PATTERNS: "PSUBSCRIBE", SHARDED: "SSUBSCRIBE" } as const;
const ENDS = {
  CHANNELS: "UNSUBSCRIBE",
  PATTERNS: "PUNSUBSCRIBE",
  SHARDED: "SUNSUBSCRIBE",
} as const;
const MESSAGES: Readonly<Record<string, Kind>> = {
  message: "CHANNELS",
  pmessage: "PATTERNS",
  smessage: "SHARDED",
};

export class Subscriptions {
  readonly all: Record<Kind, Map<string, ChannelListeners>> = {
    CHANNELS: new Map(),
    PATTERNS: new Map(),
    SHARDED: new Map(),
  };
  private lane: Lane | undefined;
  private areBuffers = false;
  /** Subscriptions the server has not confirmed. */
  private readonly asked = new Map<string, Promise<unknown>>();

  /** `complain` is told of what listeners throw. */
  constructor(
    private readonly engine: () => Engine,
    private readonly complain: (error: unknown) => void,
  ) {}

  get isActive(): boolean {
    return Object.values(this.all).some((channels) => channels.size > 0);
  }

  /** Resolves once the server has confirmed. */
  async subscribe(
    kind: Kind,
    channels: string | readonly string[],
    listener: PubSubListener,
    buffers = false,
  ): Promise<void> {
    if (typeof listener !== "function") {
      throw failure("client.misuse", "a listener is a function");
    }
    const names = typeof channels === "string" ? [channels] : channels;
    const fresh = names.filter((name) => !this.all[kind].has(name));
    const lane = this.open(buffers);
    // Before the server is asked: its confirmation may come with the first message behind it.
    for (const name of names) {
      this.listenersOf(kind, name)[buffers ? "buffers" : "strings"].add(listener);
    }
    if (fresh.length > 0) {
      const asked = this.command(lane, COMMANDS[kind], fresh);
      for (const name of fresh) {
        this.asked.set(`${kind} ${name}`, asked);
      }
      asked.then(
        () => this.settle(kind, fresh),
        () => {
          this.settle(kind, fresh);
          for (const name of fresh) {
            this.all[kind].delete(name);
          }
          this.rest();
        },
      );
    }
    await Promise.all(names.map((name) => this.asked.get(`${kind} ${name}`)));
  }

  /** Without a listener all of a channel's; without channels all of the kind. */
  async unsubscribe(
    kind: Kind,
    channels?: string | readonly string[],
    listener?: PubSubListener,
    buffers = false,
  ): Promise<void> {
    const known = this.all[kind];
    const names = channels === undefined ? [...known.keys()] : [channels].flat();
    const left = names.filter((name) => {
      const listeners = known.get(name);
      if (listeners !== undefined && listener !== undefined) {
        listeners[buffers ? "buffers" : "strings"].delete(listener);
      }
      const isNeeded = listeners !== undefined && listener !== undefined && count(listeners) > 0;
      return listeners !== undefined && !isNeeded;
    });
    for (const name of left) {
      known.delete(name);
    }
    if (left.length > 0 && this.lane !== undefined) {
      await this.command(this.lane, ENDS[kind], left);
    }
    this.rest();
  }

  /** Adds listeners that were taken from another client. */
  async extend(kind: Kind, listeners: ReadonlyMap<string, ChannelListeners>): Promise<void> {
    for (const [channel, { strings, buffers }] of listeners) {
      for (const listener of strings) {
        await this.subscribe(kind, channel, listener);
      }
      for (const listener of buffers) {
        await this.subscribe(kind, channel, listener, true);
      }
    }
  }

  /** The client was closed. */
  clear(): void {
    for (const channels of Object.values(this.all)) {
      channels.clear();
    }
    this.asked.clear();
    this.lane = undefined;
    this.areBuffers = false;
  }

  private open(buffers: boolean): Lane {
    this.lane ??= new Lane(this.engine(), "listening", { heard: (message) => this.heard(message) });
    if (buffers && !this.areBuffers) {
      this.areBuffers = true;
      this.lane.map(BUFFERS);
    }
    return this.lane;
  }

  /** Nobody listens: the connection is not needed. */
  private rest(): void {
    if (!this.isActive && this.lane !== undefined) {
      this.lane.close();
      this.lane = undefined;
      this.areBuffers = false;
    }
  }

  private command(lane: Lane, name: string, args: readonly string[]): Promise<unknown> {
    lane.packer.begin();
    lane.packer.command([name, ...args]);
    return lane.finish(undefined, 0, 0);
  }

  private settle(kind: Kind, names: readonly string[]): void {
    for (const name of names) {
      this.asked.delete(`${kind} ${name}`);
    }
  }

  private listenersOf(kind: Kind, name: string): ChannelListeners {
    let listeners = this.all[kind].get(name);
    if (listeners === undefined) {
      listeners = { strings: new Set(), buffers: new Set() };
      this.all[kind].set(name, listeners);
    }
    return listeners;
  }

  private heard(message: unknown): void {
    const parts = message as (string | Buffer | RedlatchError)[];
    const kind = MESSAGES[String(parts[0])];
    if (kind === undefined) {
      return;
    }
    const listeners = this.all[kind].get(String(parts[1]));
    const [channel, content] = parts.slice(-2);
    for (const listener of listeners?.strings ?? []) {
      this.tell(listener, String(content), String(channel));
    }
    for (const listener of listeners?.buffers ?? []) {
      this.tell(listener, content, channel);
    }
  }

  private tell(listener: PubSubListener, content: unknown, channel: unknown): void {
    // Outside of the engine's call: a listener may use the client.
    queueMicrotask(() => {
      try {
        listener(content as never, channel as never);
      } catch (error) {
        this.complain(error);
      }
    });
  }
}

function count({ strings, buffers }: ChannelListeners): number {
  return strings.size + buffers.size;
}
