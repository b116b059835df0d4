// The same package for `import`: one copy of the classes for both kinds of callers.
export * from "./index.js";
export { default } from "./index.js";
