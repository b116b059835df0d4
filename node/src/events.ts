// What the core tells, in node-redis's words: connect, ready, error, reconnecting, end.
import type { EventEmitter } from "node:events";
import { made } from "./error";

/** What an event of the core tells. */
export type EventKind =
  | "connected"
  | "disconnected"
  | "reconnecting"
  /** A material has a new generation. */
  | "rotation"
  /** New content of a material was refused; what was good stays. */
  | "rejected"
  /** A CA, the client certificate or a revocation list nears its end: at 30, 7 and 1 day. */
  | "expiring"
  /** A CA ended while loaded. */
  | "expired"
  /** A live connection's server is no longer trusted; it is being replaced. */
  | "distrusted"
  | "replaced"
  /** A live connection proved a new secret. */
  | "reauthenticated"
  /** It could not; it stays and tries again. */
  | "reauth_failed"
  /** Commands fail at once until a material changes. */
  | "failing"
  /** Subscriptions went on after a lost connection: messages in between are missing. */
  | "gap"
  | "warning"
  /** A setting weakens security. */
  | "danger";

/** An event of the core: named facts as text. */
export interface ClientEvent {
  readonly kind: EventKind;
  /** Seconds since the Unix epoch. */
  readonly at: number;
  readonly [fact: string]: string | number;
}

/** What the words depend on. */
export interface Situation {
  /** `connect` was called, and the client was not closed since. */
  readonly open: boolean;
  /** `connect` is under way. */
  readonly connecting: boolean;
  /** `ready` was told, and the connection was not lost since. */
  ready: boolean;
}

/** Emits one event of the core; `isReady` asks for the state of now. */
export function tell(
  client: EventEmitter,
  situation: Situation,
  event: ClientEvent,
  isReady: () => boolean,
): void {
  client.emit("event", event);
  switch (event.kind) {
    case "connected":
      if (!situation.ready && situation.open) {
        situation.ready = true;
        client.emit("connect");
        client.emit("ready");
      }
      break;
    case "disconnected":
      // A connection may also end because another took over.
      if (situation.ready && !isReady()) {
        situation.ready = false;
        complain(client, situation, event);
        client.emit("reconnecting");
      }
      break;
    case "reconnecting":
      complain(client, situation, event);
      client.emit("reconnecting");
      break;
    case "failing":
      complain(client, situation, event);
      break;
    default:
      // What node-redis has no word for.
      client.emit(event.kind, event);
  }
}

/** Without a listener an `error` event ends the process; a caller of `connect` is told anyway. */
function complain(client: EventEmitter, situation: Situation, event: ClientEvent): void {
  if (situation.open && !(situation.connecting && client.listenerCount("error") === 0)) {
    const code = String(event.code ?? "net.closed");
    client.emit("error", made(code, String(event.error ?? "the connection was lost")));
  }
}

/** Events one after the other, for who reads them with `for await`. */
export class EventStream implements AsyncIterable<ClientEvent> {
  private readonly unread: ClientEvent[] = [];
  private wake: (() => void) | undefined;
  private isOver = false;

  /** `left` is called when nobody reads any more. */
  constructor(private readonly left: () => void) {}

  push(event: ClientEvent): void {
    if (this.unread.length === UNREAD_KEPT) {
      this.unread.shift();
    }
    this.unread.push(event);
    this.wake?.();
  }

  end(): void {
    this.isOver = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ClientEvent, void> {
    try {
      while (true) {
        const event = this.unread.shift();
        if (event !== undefined) {
          yield event;
        } else if (this.isOver) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
      }
    } finally {
      this.left();
    }
  }
}

const UNREAD_KEPT = 1024;
