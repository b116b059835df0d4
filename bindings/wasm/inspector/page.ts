// The page: what is pasted, dropped or opened goes to the core, and what it says is shown.
import {
  type Data,
  diffBundles,
  type Inspection,
  inspectBundle,
  type RedlatchError,
} from "../host/light";
import { cards, changes, cleanPem, finder } from "./cards";
import { byId, element } from "./element";
import { timeline } from "./timeline";
import { count, date } from "./words";

const inputs = {
  bundle: byId<HTMLTextAreaElement>("bundle"),
  next: byId<HTMLTextAreaElement>("next"),
};
type Which = keyof typeof inputs;

/** Bytes of files that are no text; what is typed replaces them. */
const opened: Partial<Record<Which, Uint8Array>> = {};
const [second, compare, file] = [byId("second"), byId("compare"), byId<HTMLInputElement>("file")];
const [status, alerts, result] = [byId("status"), byId("alerts"), byId("result")];
let target: Which = "bundle";
let waiting: ReturnType<typeof setTimeout> | undefined;

for (const which of Object.keys(inputs) as Which[]) {
  const input = inputs[which];
  input.addEventListener("input", () => {
    delete opened[which];
    if (isSecret(input.value)) {
      input.value = "";
    }
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
  input.addEventListener("paste", (event) => {
    // A secret is never on the page, not even for a moment.
    if (isSecret(event.clipboardData?.getData("text") ?? "")) {
      event.preventDefault();
    }
  });
  input.addEventListener("focus", () => {
    target = which;
  });
}

for (const button of document.querySelectorAll<HTMLElement>("[data-open]")) {
  button.addEventListener("click", () => {
    target = button.dataset.open as Which;
    file.click();
  });
}
file.addEventListener("change", async () => {
  await take(file.files?.[0], target);
  file.value = "";
});

const area = document.querySelector(".inputs") as HTMLElement;
addEventListener("dragover", (event) => {
  event.preventDefault();
  area.classList.add("drop");
});
addEventListener("dragleave", () => area.classList.remove("drop"));
addEventListener("drop", async (event) => {
  event.preventDefault();
  area.classList.remove("drop");
  const which: Which = second.contains(event.target as Node) ? "next" : "bundle";
  const text = event.dataTransfer?.getData("text");
  if (text) {
    fill(which, text);
  } else {
    await take(event.dataTransfer?.files[0], which);
  }
});

compare.addEventListener("click", () => {
  second.hidden = !second.hidden;
  compare.setAttribute("aria-expanded", String(!second.hidden));
  compare.textContent = second.hidden ? "Compare with another" : "Do not compare";
  show();
  if (!second.hidden) {
    inputs.next.focus();
  }
});
byId("clear").addEventListener("click", () => {
  for (const which of Object.keys(inputs) as Which[]) {
    delete opened[which];
    inputs[which].value = "";
  }
  show();
  inputs.bundle.focus();
});

/** Whether the core refuses this because a private key is in it; then that is told at once. */
function isSecret(data: Data): boolean {
  try {
    inspectBundle(data);
  } catch (error) {
    if ((error as RedlatchError).code === "trust.private_key") {
      alerts.replaceChildren(alert(error));
      status.textContent = "A private key was refused. It is not on this page.";
      clearTimeout(waiting);
      return true;
    }
  }
  return false;
}

async function take(given: File | undefined, which: Which): Promise<void> {
  if (given === undefined) {
    return;
  }
  const bytes = new Uint8Array(await given.arrayBuffer());
  if (isSecret(bytes)) {
    return;
  }
  if (bytes.includes(0)) {
    opened[which] = bytes;
    inputs[which].value = `(${given.name}: ${count(bytes.length, "byte")})`;
    show();
  } else {
    fill(which, new TextDecoder().decode(bytes));
  }
}

function fill(which: Which, text: string): void {
  if (isSecret(text)) {
    return;
  }
  delete opened[which];
  inputs[which].value = text;
  show();
}

function given(which: Which): Data {
  return opened[which] ?? inputs[which].value.trim();
}

/** Shows what the core says of what is on the page. */
function show(): void {
  clearTimeout(waiting);
  const now = Date.now();
  alerts.replaceChildren();
  if (given("bundle").length === 0) {
    result.replaceChildren();
    status.textContent = "Nothing to look at yet.";
    return;
  }
  const tell = (text: string) => {
    status.textContent = text;
  };
  const parts: (HTMLElement | null)[] = [];
  try {
    const inspected = inspectBundle(given("bundle"));
    status.textContent = summary(inspected);
    parts.push(
      notes(inspected),
      timeline(inspected.certificates, now),
      finder(inspected.certificates),
    );
    parts.push(cards(inspected.certificates, now, tell), cleanPem(inspected, tell));
  } catch (error) {
    status.textContent = "This is no bundle that a client could use.";
    alerts.append(alert(error));
  }
  if (!second.hidden && given("next").length > 0) {
    try {
      parts.unshift(changes(diffBundles(given("bundle"), given("next"))));
    } catch (error) {
      alerts.append(alert(error));
    }
  }
  result.replaceChildren(...parts.filter((part) => part !== null));
}

function summary({ certificates }: Inspection): string {
  const trusted = certificates.filter((one) => one.trusted);
  const out = certificates.length - trusted.length;
  const left = out > 0 ? `, ${out} left out` : "";
  if (trusted.length === 0) {
    return `No certificate here can be trusted${left}.`;
  }
  const first = trusted.reduce((one, other) => (one.not_after < other.not_after ? one : other));
  const days = count(first.days_left, "day");
  const ends = `The first to end does so in ${days}, on ${date(first.not_after)}.`;
  return `${count(trusted.length, "CA")} trusted${left}. ${ends}`;
}

function notes({ notes }: Inspection): HTMLElement | null {
  return notes.length === 0
    ? null
    : element("p", { class: "soft", id: "notes" }, `Noticed: ${notes.join("; ")}.`);
}

function alert(error: unknown): HTMLElement {
  const { message, remedy, code } = error as RedlatchError;
  return element(
    "section",
    { class: "card alert", "aria-label": "Error" },
    element("h2", {}, `✕ ${message}`),
    element("p", {}, remedy ?? ""),
    element("p", { class: "soft" }, element("code", {}, code ?? "internal")),
  );
}

show();
