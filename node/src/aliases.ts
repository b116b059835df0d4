// node-redis's names of errors, for `instanceof`: here an error's class is its family.
import { RedlatchError } from "./error";

interface Named {
  readonly prototype: RedlatchError;
  [Symbol.hasInstance](error: unknown): boolean;
}

function named(is: (error: RedlatchError) => boolean): Named {
  return {
    prototype: RedlatchError.prototype,
    [Symbol.hasInstance]: (error) => error instanceof RedlatchError && is(error),
  };
}

function coded(...codes: string[]): Named {
  return named(({ code }) => codes.includes(code));
}

/** A reply of the server that is an error. */
export const ErrorReply = named(
  ({ family, message }) => family === "server" || /^[A-Z]+ /.test(message),
);
export const SimpleError = ErrorReply;
export const BlobError = ErrorReply;
/** A watched key has changed, or the connection that watched is gone. */
export const WatchError = coded("client.watch_changed", "client.watch_lost");
export const AbortError = coded("client.cancelled");
export const ClientClosedError = coded("client.closed");
export const ClientOfflineError = coded("net.closed");
export const SocketClosedUnexpectedlyError = coded("net.closed");
export const ConnectionTimeoutError = coded("net.timeout");
export const SocketTimeoutError = coded("net.timeout");
/** The client was destroyed while the command waited. */
export const DisconnectsClientError = coded("client.closed");
export const TimeoutError = coded("client.timeout");
