// Each certificate as a card, the search for a fingerprint, the clean PEM, and what a rotation changes.
import type { DatedCertificate, Difference, InspectedCertificate, Inspection } from "../host/trust";
import { element } from "./element";
import { count, date, pairs, standing, title } from "./words";

const KINDS = { root: "Root CA", intermediate: "Intermediate CA", leaf: "Not a CA" } as const;

/** Tells of what was done; a line of the page says it. */
export type Tell = (text: string) => void;

export function cards(
  certificates: readonly InspectedCertificate[],
  now: number,
  tell: Tell,
): HTMLElement {
  return element(
    "section",
    { "aria-label": "Certificates" },
    element("ul", { class: "grid" }, ...certificates.map((one) => card(one, now, tell))),
  );
}

function card(certificate: InspectedCertificate, now: number, tell: Tell): HTMLElement {
  const { kind, sign, text } = standing(certificate, now);
  const { days_left, reason, warnings, names } = certificate;
  const left = days_left < 0 ? "it has ended" : `${count(days_left, "day")} left`;
  const facts: [string, string | HTMLElement | null][] = [
    ["Subject", certificate.subject],
    ["Issuer", certificate.self_issued ? "itself" : certificate.issuer],
    ["Valid", `${date(certificate.not_before)} – ${date(certificate.not_after)}, ${left}`],
    ["What", `${KINDS[certificate.kind]}, ${certificate.key}`],
    ["Names", names.length > 0 ? names.join(", ") : null],
    ["SHA-256", element("span", { class: "print" }, pairs(certificate.sha256))],
    ["SHA-1", element("span", { class: "print" }, pairs(certificate.sha1))],
  ];
  const mind = reason === null ? warnings : [`Not trusted: ${reason}.`];
  const copy = element(
    "button",
    { type: "button", "aria-label": `Copy the SHA-256 of ${title(certificate)}` },
    "Copy SHA-256",
  );
  copy.addEventListener("click", () => copied(pairs(certificate.sha256), "SHA-256", tell));
  return element(
    "li",
    { class: "card", "data-sha1": certificate.sha1, "data-sha256": certificate.sha256 },
    element(
      "div",
      { class: "head" },
      element("h3", {}, title(certificate)),
      element(
        "span",
        { class: `chip ${kind}` },
        element("span", { "aria-hidden": "true" }, sign),
        text,
      ),
    ),
    element(
      "dl",
      {},
      ...facts.flatMap(([name, fact]) =>
        fact === null ? [] : [element("dt", {}, name), element("dd", {}, fact)],
      ),
    ),
    mind.length > 0
      ? element(
          "ul",
          { class: `warnings${reason === null ? "" : " bad"}`, "aria-label": "Warnings" },
          ...mind.map((line) => element("li", {}, line)),
        )
      : null,
    element("p", { class: "buttons more" }, copy),
  );
}

/** Finds the card of a fingerprint as any tool prints it. */
export function finder(certificates: readonly InspectedCertificate[]): HTMLElement {
  const input = element("input", {
    id: "print",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "3F:A1:… or 3fa1…",
  });
  const answer = element("p", { id: "match", role: "status", class: "soft" });
  input.addEventListener("input", () => {
    const wanted = input.value.replace(/^.*(?:fingerprint|sha-?\d+)[^=:]*[=:]/i, "");
    const hex = wanted.replace(/[^0-9a-f]/gi, "").toLowerCase();
    const isPrint = (print: string) => hex.length >= 8 && print.startsWith(hex);
    const found = certificates.find(({ sha1, sha256 }) => isPrint(sha1) || isPrint(sha256));
    for (const card of document.querySelectorAll<HTMLElement>("[data-sha256]")) {
      card.classList.toggle("found", card.dataset.sha256 === found?.sha256);
    }
    if (found !== undefined) {
      const hash = isPrint(found.sha1) ? "SHA-1" : "SHA-256";
      answer.textContent = `✓ It is the ${hash} of ${title(found)}.`;
    } else {
      answer.textContent = hex.length < 8 ? "" : "✕ No certificate here has this fingerprint.";
    }
  });
  return element(
    "section",
    { class: "card find", "aria-label": "Fingerprints" },
    element("label", { for: "print" }, "Find a fingerprint, gcloud's sha1Fingerprint for example"),
    input,
    answer,
  );
}

export function cleanPem({ pem, sha256 }: Inspection, tell: Tell): HTMLElement | null {
  if (pem === null) {
    return null;
  }
  const copy = element("button", { type: "button", class: "main", id: "copy" }, "Copy");
  copy.addEventListener("click", () => copied(pem, "The bundle", tell));
  const download = element("button", { type: "button", id: "download" }, "Download ca.pem");
  download.addEventListener("click", () => {
    const link = element("a", { download: "ca.pem" });
    link.href = URL.createObjectURL(new Blob([pem], { type: "application/x-pem-file" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    tell("ca.pem was handed to the browser.");
  });
  const text = element("textarea", {
    id: "pem",
    rows: "8",
    readonly: "",
    spellcheck: "false",
    "aria-label": "Clean PEM",
  });
  text.value = pem;
  return element(
    "section",
    { class: "card pem", "aria-labelledby": "pem-title" },
    element(
      "div",
      { class: "head" },
      element("h2", { id: "pem-title" }, "Clean PEM of what is trusted"),
      element("span", { class: "buttons" }, copy, download),
    ),
    element(
      "p",
      { class: "soft" },
      "Each CA once, below a comment that names it. The same whatever the form was: ",
      element("span", { class: "print" }, sha256.slice(0, 16)),
    ),
    text,
  );
}

export function changes(difference: Difference): HTMLElement {
  const { same, added, removed, kept, expiring } = difference;
  const ending = new Set(expiring.map(({ sha256 }) => sha256));
  const rows = (list: readonly DatedCertificate[], sign: string, word: string, kind: string) =>
    list.map((one) =>
      element(
        "li",
        {},
        element(
          "span",
          { class: `chip ${kind}` },
          element("span", { "aria-hidden": "true" }, sign),
          word,
        ),
        element(
          "span",
          {},
          element("b", {}, one.subject),
          ` until ${date(one.not_after)}${ending.has(one.sha256) ? `, only ${count(one.days_left, "day")} left` : ""} `,
          element("span", { class: "print soft" }, one.sha256.slice(0, 16)),
        ),
      ),
    );
  return element(
    "section",
    { class: "card", id: "changes", "aria-labelledby": "changes-title" },
    element(
      "div",
      { class: "head" },
      element("h2", { id: "changes-title" }, "What the next bundle changes"),
      element("span", { class: "soft" }, verdict(same, added.length, removed.length, kept.length)),
    ),
    element(
      "ul",
      { class: "changes" },
      ...rows(removed, "−", "Removed", "bad"),
      ...rows(added, "+", "Added", "good"),
      ...rows(kept, "=", "Kept", ""),
    ),
    !same && kept.length === 0
      ? element(
          "p",
          { class: "warnings" },
          "No CA stays. A client that has the next bundle before the server has its new certificate " +
            "refuses it, and so does one that has it later. Publish both CAs first.",
        )
      : null,
  );
}

function verdict(same: boolean, added: number, removed: number, kept: number): string {
  return same
    ? "Nothing: both trust the same CAs."
    : `${removed} removed, ${added} added, ${kept} kept.`;
}

async function copied(text: string, what: string, tell: Tell): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} was copied.`);
  } catch {
    // Pages opened from a file may not, in some browsers.
    tell(`The browser does not let this page copy: select the text and copy it.`);
  }
}
