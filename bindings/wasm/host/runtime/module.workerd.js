// Workers compile modules ahead of time, and no others.
export { default as module } from "./redlatch.wasm";
