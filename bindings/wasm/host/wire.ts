// What the host needs of a connection: bytes in, bytes out.

/** Where to connect. */
export interface Place {
  readonly hostname: string;
  readonly port: number;
  /** A Unix socket, in place of both. */
  readonly path?: string;
  /** Counts attempts: each should start with another address of the name. */
  readonly attempt: number;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * A connection as a pair of streams: what `connect` of `cloudflare:sockets` and `Deno.connect` give, a
 * `WebSocketStream`, and so on.
 */
export interface Wire {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Settles once it is up or could not be made. */
  readonly opened?: Promise<unknown>;
  close?(): unknown;
}

/** Opens a connection. Its bytes are TLS already: it must not add TLS of its own. */
export type Dial = (place: Place) => Wire | PromiseLike<Wire>;
