// What redlatch for Node.js exports, over the WebAssembly module.
import type { Dial } from "./wire";

declare module "../../../node/src/options" {
  interface SocketOptions {
    /** Opens connections, in place of the runtime's own sockets. */
    dial?: Dial;
  }
}

export * from "../../../node/src/index";
export * from "./trust";
export type { Dial, Place, Wire } from "./wire";
