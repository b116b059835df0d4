// Dates, spans and states in words.
import type { InspectedCertificate } from "../host/trust";

const DAY = 86_400_000;
const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

export function date(at: string | number): string {
  return DATE.format(new Date(at));
}

/** From one time to another, roughly. */
export function span(from: number, to: number): string {
  const days = Math.floor((to - from) / DAY);
  if (days < 90) {
    return days === 1 ? "1 day" : `${days} days`;
  }
  return days < 730 ? `${Math.round(days / 30.44)} months` : `${Math.round(days / 365.25)} years`;
}

/** What a certificate is called. */
export function title({ common_name, subject }: InspectedCertificate): string {
  return common_name ?? (subject || "(no name)");
}

/** How a certificate stands: never told by colour alone. */
export interface Standing {
  readonly kind: "good" | "warn" | "bad";
  readonly sign: string;
  readonly text: string;
  /** The class of its bar. */
  readonly bar: "" | "soon" | "early" | "out";
}

export function standing(certificate: InspectedCertificate, now: number): Standing {
  const { trusted, code, days_left, warnings, not_before } = certificate;
  if (!trusted) {
    const text = code === "trust.expired" ? "Expired: left out" : "Left out";
    return { kind: "bad", sign: "✕", text, bar: "out" };
  }
  if (Date.parse(not_before) > now) {
    return { kind: "warn", sign: "◷", text: "Not valid yet", bar: "early" };
  }
  if (days_left <= 30) {
    const text = days_left === 1 ? "Ends in 1 day" : `Ends in ${days_left} days`;
    return { kind: "warn", sign: "!", text, bar: "soon" };
  }
  return warnings.length > 0
    ? { kind: "warn", sign: "!", text: "Trusted, with a warning", bar: "" }
    : { kind: "good", sign: "✓", text: "Trusted", bar: "" };
}

/** A fingerprint as openssl prints it. */
export function pairs(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

export function count(number: number, one: string): string {
  return number === 1 ? `1 ${one}` : `${number} ${one}s`;
}
