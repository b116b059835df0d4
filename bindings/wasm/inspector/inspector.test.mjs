// The inspector in a real browser, opened from a file: each state it can be in.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { certificate } from "../test/certificates.mjs";

const { PAGE, TOOLS, CHROMIUM = "/usr/bin/chromium", PICTURE } = process.env;
const { chromium } = createRequire(join(TOOLS, "package.json"))("playwright-core");

const now = Date.parse("2031-03-14T09:00:00Z");
const organization = "Memorystore";
const old = certificate({
  name: "Server CA (2026)",
  organization,
  from: "2026-04-02",
  to: "2031-04-08T12:00:00Z",
});
const next = certificate({
  name: "Server CA (2031)",
  organization,
  from: "2031-01-20",
  to: "2036-01-19",
});
const ended = certificate({
  name: "Server CA (2021)",
  organization,
  from: "2021-02-01",
  to: "2031-01-31",
});
const early = certificate({ name: "Early CA", from: "2031-05-01", to: "2041-05-01" });
const server = certificate({
  name: "cache.internal",
  from: "2031-03-01",
  to: "2031-06-01",
  ca: false,
  issuer: old,
});

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
after(() => browser.close());

/** The page, opened; in the end it must have asked nobody for anything, and have failed nowhere. */
async function opened(t, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 900 },
    colorScheme: "light",
    ...options,
  });
  const page = await context.newPage();
  const asked = [];
  const failed = [];
  page.on("request", (request) => asked.push(request.url().split(":")[0]));
  page.on("pageerror", (error) => failed.push(error.message));
  page.on("console", (message) => failed.push(message.text()));
  await page.clock.setFixedTime(now);
  await page.goto(pathToFileURL(PAGE).href);
  await page.waitForFunction(() => document.readyState === "complete");
  t.after(async () => {
    assert.deepEqual(failed, []);
    assert.deepEqual(
      asked.filter((scheme) => !["file", "data", "blob"].includes(scheme)),
      [],
    );
    assert.equal(asked.filter((scheme) => scheme === "file").length, 1);
    await context.close();
  });
  return page;
}

/** Puts text into a field, and waits for what the page says of it. */
async function given(page, text, says, field = "bundle") {
  await page.locator(`#${field}`).fill(text);
  await page.getByRole("status").filter({ hasText: says }).first().waitFor();
}

const titles = (page) => page.locator("li.card h3").allTextContents();

test("empty", async (t) => {
  const page = await opened(t);
  assert.equal(await page.locator("#status").textContent(), "Nothing to look at yet.");
  assert.equal(await page.locator("#result").innerHTML(), "");
  assert.equal(await page.locator("#alerts").innerHTML(), "");
});

test("one CA, with the fingerprints that gcloud and openssl print", async (t) => {
  const page = await opened(t);
  await given(page, JSON.stringify([{ cert: next.pem }]), "1 CA trusted");
  assert.deepEqual(await titles(page), ["Server CA (2031)"]);
  const card = await page.locator("li.card").textContent();
  const pairs = (hex) => hex.toUpperCase().match(/../g).join(":");
  for (const part of [
    pairs(next.sha1),
    pairs(next.sha256),
    "Trusted",
    "1771 days left",
    "Ed25519",
  ]) {
    assert.ok(card.includes(part), part);
  }
  await page.locator("#print").fill(`sha1Fingerprint: ${next.sha1}`);
  assert.match(await page.locator("#match").textContent(), /It is the SHA-1 of Server CA \(2031\)/);
  await page.locator("#print").fill(pairs(old.sha256));
  assert.match(await page.locator("#match").textContent(), /No certificate here/);
  assert.equal(await page.locator("#overlap").count(), 0);
});

test("a rotation: old and new overlap, and the end is near", async (t) => {
  const page = await opened(t);
  await given(page, `${old.pem};${next.pem}`, "2 CAs trusted");
  assert.match(await page.locator("#status").textContent(), /in 25 days, on 8 Apr 2031/);
  assert.match(
    await page.locator("#overlap").textContent(),
    /both valid: 20 Jan 2031 – 8 Apr 2031 \(78 days\)/,
  );
  const bars = page.locator(".bar");
  assert.match(await bars.nth(0).getAttribute("class"), /soon/);
  const box = async (locator) => locator.boundingBox();
  const [first, second] = [await box(bars.nth(0)), await box(bars.nth(1))];
  const band = await box(page.locator(".both").first());
  const line = await box(page.locator(".now").first());
  assert.ok(Math.abs(band.x - second.x) < 3);
  assert.ok(Math.abs(band.x + band.width - (first.x + first.width)) < 3);
  assert.ok(line.x > band.x && line.x < band.x + band.width);
  assert.match(await page.locator(".warnings").first().textContent(), /It ends in 25 days/);
});

test("expired, not valid yet, and no CA", async (t) => {
  const page = await opened(t);
  await given(page, ended.pem + early.pem + server.pem, "1 CA trusted, 2 left out");
  const chips = await page.locator("li.card .chip").allTextContents();
  assert.deepEqual(chips, ["◷Not valid yet", "✕Expired: left out", "✕Left out"]);
  assert.match(await page.locator("li.card").nth(2).textContent(), /not a CA/);
  await given(page, ended.pem, "No certificate here can be trusted");
  assert.equal(await page.locator("#pem").count(), 0);
});

test("a private key is refused and never shown, however it comes", async (t) => {
  const page = await opened(t);
  const secret = old.secret.split("\n")[1];
  const text = old.pem + old.secret;
  await page.locator("#bundle").evaluate((field, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    const paste = new ClipboardEvent("paste", {
      clipboardData: data,
      cancelable: true,
      bubbles: true,
    });
    field.focus();
    // What the browser does with a paste that nobody prevents.
    if (field.dispatchEvent(paste)) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, text);
  const refused = async () => {
    await page.getByRole("alert").filter({ hasText: "trust.private_key" }).waitFor();
    const all = await page.evaluate(
      () =>
        document.body.textContent +
        [...document.querySelectorAll("textarea, input")].map((field) => field.value).join(),
    );
    assert.ok(!all.includes(secret));
    assert.equal(await page.locator("#bundle").inputValue(), "");
  };
  await refused();
  await page.locator("#bundle").fill(text);
  await refused();
  await page.locator("#file").setInputFiles({
    name: "key.pem",
    mimeType: "text/plain",
    buffer: Buffer.from(text),
  });
  await refused();
  await given(page, next.pem, "1 CA trusted");
  assert.equal(await page.locator("#alerts").textContent(), "");
});

test("garbage, and a bundle that was cut off, say what to do", async (t) => {
  const page = await opened(t);
  await given(page, "certainly no certificate", "no bundle that a client could use");
  const alert = page.getByRole("alert");
  assert.match(await alert.textContent(), /trust\.empty/);
  await page.locator("#bundle").fill(old.pem.slice(0, 200));
  await alert.filter({ hasText: "trust.malformed" }).waitFor();
  await given(page, `<img src=x onerror=alert(1)>${next.pem}`, "1 CA trusted");
  assert.equal(await page.locator("img").count(), 0);
});

test("what a rotation changes", async (t) => {
  const page = await opened(t);
  await given(page, old.pem, "1 CA trusted");
  const compare = page.getByRole("button", { name: "Compare with another" });
  assert.equal(await compare.getAttribute("aria-expanded"), "false");
  await compare.click();
  await page.locator("#next").fill(next.pem);
  const changes = page.locator("#changes");
  await changes.getByText("1 removed, 1 added, 0 kept.").waitFor();
  assert.match(await changes.textContent(), /No CA stays/);
  await page.locator("#next").fill(old.pem + next.pem);
  await changes.getByText("0 removed, 1 added, 1 kept.").waitFor();
  assert.deepEqual(await changes.locator(".chip").allTextContents(), ["+Added", "=Kept"]);
  await page.locator("#next").fill(old.pem.replaceAll("\n", "\\n"));
  await changes.getByText("both trust the same CAs").waitFor();
});

test("a clean PEM to copy or to download; DER as a file", async (t) => {
  const page = await opened(t, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#file").setInputFiles({
    name: "ca.der",
    mimeType: "application/pkix-cert",
    buffer: next.der,
  });
  await page.getByText("1 CA trusted").waitFor();
  const pem = await page.locator("#pem").inputValue();
  assert.match(pem, /^# O=Memorystore, CN=Server CA \(2031\)\n/);
  const body = (text) => text.replaceAll(/#.*|-----.*|\s/g, "");
  assert.equal(body(pem), body(next.pem));
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("#download").click(),
  ]);
  assert.equal(download.suggestedFilename(), "ca.pem");
  await page.locator("#copy").click();
  await page.getByText("The bundle was copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), pem);
});

test("by keyboard alone", async (t) => {
  const page = await opened(t);
  const focused = () =>
    page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const path = [];
  for (let step = 0; step < 5; step++) {
    await page.keyboard.press("Tab");
    path.push(await focused());
  }
  assert.deepEqual(path, ["Skip to the result", "compare", "Open a file…", "clear", "bundle"]);
  await page.keyboard.insertText(next.pem);
  await page.getByText("1 CA trusted").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "print");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Copy SHA-256");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "download");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid");
});

/** The contrast of each visible text with what is behind it, the least first. */
function contrasts(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (color) => {
      const part = (value) => {
        const share = value / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      };
      const [red, green, blue] = rgba(color).map(part);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (node) => {
      const color = getComputedStyle(node).backgroundColor;
      return rgba(color)[3] === 255 || node.parentElement === null
        ? color
        : behind(node.parentElement);
    };
    const texts = [...document.querySelectorAll("body *")].filter(
      (node) =>
        [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "") &&
        node.checkVisibility() &&
        !["SCRIPT", "STYLE", "NOSCRIPT"].includes(node.tagName),
    );
    return texts
      .map((node) => {
        const pair = [light(getComputedStyle(node).color), light(behind(node))].sort(
          (a, b) => b - a,
        );
        return [(pair[0] + 0.05) / (pair[1] + 0.05), node.textContent.slice(0, 40)];
      })
      .sort(([one], [other]) => one - other);
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`${colorScheme}: everything can be read, and has a name`, async (t) => {
    const page = await opened(t, { colorScheme });
    await given(page, ended.pem + old.pem + next.pem, "2 CAs trusted, 1 left out");
    const dark = await page.evaluate(
      () => getComputedStyle(document.body).backgroundColor === "rgb(14, 19, 24)",
    );
    assert.equal(dark, colorScheme === "dark");
    const all = await contrasts(page);
    assert.ok(all.length > 30);
    assert.ok(all[0][0] >= 4.5, `${all[0]}`);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, textarea")]
        .filter((node) => {
          const label = node.labels?.[0]?.textContent ?? node.getAttribute("aria-label");
          return !(label ?? node.textContent).trim();
        })
        .map((node) => node.outerHTML),
    );
    assert.deepEqual(nameless, []);
  });
}

test("a phone: nothing is cut off, nothing scrolls sideways, and buttons are large", async (t) => {
  const page = await opened(t, { viewport: { width: 360, height: 740 }, hasTouch: true });
  await given(page, ended.pem + old.pem + next.pem, "2 CAs trusted, 1 left out");
  await page.getByRole("button", { name: "Compare with another" }).click();
  await page.locator("#next").fill(next.pem);
  await page.locator("#changes").waitFor();
  const [wide, view] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.equal(wide, view);
  const heights = await page.evaluate(() =>
    [...document.querySelectorAll("button")].map((it) => it.getBoundingClientRect().height),
  );
  assert.ok(Math.min(...heights) >= 44);
});

test("the page's policy forbids connections", async (t) => {
  const page = await opened(t);
  const policy = await page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute("content");
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /connect-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:/);
});

test("a picture of it", async (t) => {
  const page = await opened(t, { viewport: { width: 900, height: 848 } });
  await given(page, old.pem + next.pem, "2 CAs trusted");
  await page.locator("#bundle").evaluate((field) => {
    field.scrollTop = 0;
    field.blur();
  });
  const picture = await page.screenshot();
  assert.ok(picture.length < 150_000, `${picture.length} bytes`);
  writeFileSync(PICTURE ?? join(tmpdir(), "redlatch-inspector.png"), picture);
});
