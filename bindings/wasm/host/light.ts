// The package without the client: the driver and the trust functions, which need nothing of Node.js.

export { type Bundle, type BundleCertificate, readBundle } from "../../../node/src/bundle";
export {
  AuthError,
  ClientError,
  type CodeRow,
  ConfigError,
  codes,
  IdentityError,
  InternalError,
  NetError,
  ProtocolError,
  RedlatchError,
  type Retry,
  ServerError,
  TlsError,
  TrustError,
} from "../../../node/src/error";
export type { ClientEvent, EventKind } from "../../../node/src/events";
export type { Contents, Credentials, Identity, Material } from "../../../node/src/material";
export type { Certificates, ClientOptions, Duration } from "../../../node/src/options";
export type * from "../../../node/src/status";
export type { Action } from "./actions";
export type { Argument } from "./command";
export { Driver, type Sending } from "./driver";
export * from "./trust";
