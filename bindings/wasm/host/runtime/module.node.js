import { readFileSync } from "node:fs";

export const module = new WebAssembly.Module(
  readFileSync(new URL("./redlatch.wasm", import.meta.url)),
);
