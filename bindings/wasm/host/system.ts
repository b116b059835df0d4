// Files, commands and the environment, as bindings/wasm/src/files.rs asks for them.

/** What is asked; the numbers are those of files.rs. */
export const Question = {
  Stamp: 0,
  Read: 1,
  Names: 2,
  Volume: 3,
  Frozen: 4,
  Append: 5,
  Roots: 6,
  Environment: 7,
  Start: 8,
  Progress: 9,
  End: 10,
} as const;

/** Answers, or throws an error whose message says why it cannot. */
export type System = (question: number, about: string) => string | Uint8Array;
