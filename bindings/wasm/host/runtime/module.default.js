const response = await fetch(new URL("./redlatch.wasm", import.meta.url));

// A server that does not know the type of the file must not be a reason to fail.
export const module = await WebAssembly.compile(await response.arrayBuffer());
