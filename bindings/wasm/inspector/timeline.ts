// Each CA as a bar on a time line, with now, the 30 days of notice, and where CAs overlap.
import type { InspectedCertificate } from "../host/trust";
import { element } from "./element";
import { date, span, standing, title } from "./words";

const DAY = 86_400_000;
/** How far back and ahead the line reaches: CAs of ten years would hide the days that matter. */
const BACK = 240 * DAY;
const AHEAD = 730 * DAY;

export function timeline(certificates: readonly InspectedCertificate[], now: number): HTMLElement {
  const begins = certificates.map(({ not_before }) => Date.parse(not_before));
  const ends = certificates.map(({ not_after }) => Date.parse(not_after));
  const from = Math.max(Math.min(...begins, now - 30 * DAY), now - BACK);
  const to = Math.min(Math.max(...ends, now + 90 * DAY), now + AHEAD);
  const place = (at: number) => (100 * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  const overlap = common(certificates);

  const rows = certificates.map((certificate, at) => {
    const [begin, end] = [begins[at], ends[at]];
    const { bar, text, sign } = standing(certificate, now);
    const clipped = `${begin < from ? " before" : ""}${end > to ? " after" : ""}`;
    const drawn = element("div", { class: `bar ${bar}${clipped}` });
    drawn.style.left = `${place(begin)}%`;
    drawn.style.width = `${Math.max(place(end) - place(begin), 0.6)}%`;
    const track = element("div", { class: "track", "aria-hidden": "true" }, drawn);
    if (overlap !== undefined && certificate.trusted) {
      const band = element("div", { class: "both" });
      band.style.left = `${place(overlap.from)}%`;
      band.style.width = `${place(overlap.to) - place(overlap.from)}%`;
      track.append(band);
    }
    for (const [name, moment] of [
      ["notice", now + 30 * DAY],
      ["now", now],
    ] as const) {
      const line = element("div", { class: name });
      line.style.left = `${place(moment)}%`;
      track.append(line);
    }
    const dates = `${date(begin)} – ${date(end)}`;
    return element(
      "li",
      {},
      element(
        "div",
        { class: "what" },
        element("b", {}, title(certificate)),
        element("span", {}, `${dates} · ${sign} ${text}`),
      ),
      track,
    );
  });

  return element(
    "section",
    { class: "card", id: "timeline", "aria-labelledby": "timeline-title" },
    element("div", { class: "head" }, element("h2", { id: "timeline-title" }, "Time line")),
    element("ol", { class: "bars" }, ...rows),
    axis(from, to, now, place),
    element(
      "p",
      { class: "soft legend" },
      element("span", {}, "┃ now"),
      element("span", {}, "┆ in 30 days"),
      overlap && element("span", { id: "overlap" }, `▒ ${overlap.words}`),
    ),
  );
}

/** When all CAs that are trusted are valid: a rotation has to happen in this time. */
function common(certificates: readonly InspectedCertificate[]) {
  const trusted = certificates.filter((one) => one.trusted);
  const from = Math.max(...trusted.map((one) => Date.parse(one.not_before)));
  const to = Math.min(...trusted.map((one) => Date.parse(one.not_after)));
  if (trusted.length < 2) {
    return undefined;
  }
  const who = trusted.length === 2 ? "both" : `all ${trusted.length}`;
  return from < to
    ? { from, to, words: `${who} valid: ${date(from)} – ${date(to)} (${span(from, to)})` }
    : { from: to, to, words: `never ${who} valid at a time` };
}

function axis(from: number, to: number, now: number, place: (at: number) => number): HTMLElement {
  const axis = element("div", { class: "axis", "aria-hidden": "true" });
  const mark = (at: number, text: string, kind: string) => {
    const made = element("span", { class: kind }, text);
    made.style.left = `${place(at)}%`;
    axis.append(made);
  };
  const today = place(now);
  if (today > 22) {
    mark(from, date(from), "start");
  }
  mark(now, `now, ${date(now)}`, today < 12 ? "start today" : today > 88 ? "end today" : "today");
  if (today < 70) {
    mark(to, date(to), "end");
  }
  return axis;
}
