// What depends on the runtime; `imports` of package.json chooses a file for each.
declare module "#module" {
  /** The compiled module. */
  export const module: WebAssembly.Module;
}

declare module "#system" {
  import type { System } from "./system";

  /** Files, commands and the environment, where there are some. */
  export const system: System | undefined;
}

declare module "#sockets" {
  import type { openLink } from "../../../node/src/link";
  import type { Dial } from "./wire";

  /** Opens connections, where the runtime has them as streams. */
  export const dial: Dial | undefined;
  /** Opens sockets, where the runtime is Node.js or like it. */
  export const openSocket: typeof openLink | undefined;
}
