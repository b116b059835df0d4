// The module, compressed within the page.
const text = document.getElementById("module")?.textContent ?? "";
const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
const whole = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));

export const module = await WebAssembly.compile(await new Response(whole).arrayBuffer());
