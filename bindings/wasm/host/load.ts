// The module in the place of the extension: stands for node/src/load.ts.
import { native } from "./module";

export function load(): unknown {
  return native;
}
