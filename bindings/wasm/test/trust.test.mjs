// What bundles hold, what a rotation changes and whom they trust, without a client.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codes,
  diffBundles,
  inspectBundle,
  judgeChain,
  mergeBundles,
  readBundle,
  TlsError,
  TrustError,
} from "../dist/driver.js";
import { certificate } from "./certificates.mjs";

const year = new Date().getUTCFullYear();
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
const old = certificate({ name: "Old CA", from: `${year - 9}-01-01`, to: day(12.5) });
const next = certificate({ name: "Next CA", from: day(-30), to: day(3650.5) });
const ended = certificate({ name: "Ended CA", from: `${year - 9}-01-01`, to: day(-2) });
const server = certificate({
  name: "cache.internal",
  from: day(-1),
  to: day(80.5),
  ca: false,
  issuer: old,
});

test("a bundle is read in any form, with everything a person wants to know", () => {
  const joined = `${old.pem}${next.pem}`.replaceAll("\n", "\\n");
  const { certificates, pem, notes } = inspectBundle(JSON.stringify({ data: { ca: joined } }));
  assert.deepEqual(
    certificates.map(({ subject, sha1, sha256, kind, trusted, days_left, key }) => ({
      subject,
      sha1,
      sha256,
      kind,
      trusted,
      days_left,
      key,
    })),
    [old, next].map(({ name, sha1, sha256 }, at) => ({
      subject: `CN=${name}`,
      sha1,
      sha256,
      kind: "root",
      trusted: true,
      days_left: [12, 3650][at],
      key: "Ed25519",
    })),
  );
  assert.deepEqual(certificates[0].warnings, ["It ends in 12 days."]);
  assert.deepEqual(certificates[1].warnings, []);
  assert.ok(Array.isArray(notes));
  assert.equal(inspectBundle(pem).sha256, inspectBundle(next.pem + old.pem).sha256);
});

test("what is not trusted is shown with its reason", () => {
  const { certificates } = inspectBundle(old.pem + ended.pem + server.pem);
  assert.deepEqual(
    certificates.map(({ trusted, code }) => [trusted, code]),
    [
      [true, null],
      [false, "trust.expired"],
      [false, "trust.malformed"],
    ],
  );
  assert.match(certificates[2].reason, /not a CA/);
  assert.equal(inspectBundle(ended.pem).pem, null);
});

test("a private key is refused and not repeated", () => {
  const secret = old.secret.split("\n")[1];
  for (const read of [inspectBundle, readBundle, mergeBundles]) {
    assert.throws(
      () => read(old.pem + old.secret),
      (error) =>
        error instanceof TrustError &&
        error.code === "trust.private_key" &&
        !JSON.stringify(error).includes(secret) &&
        !error.message.includes(secret),
    );
  }
});

test("errors are rows of the one table", () => {
  assert.ok(codes.length > 50);
  try {
    readBundle("nothing");
    assert.fail();
  } catch (error) {
    const row = codes.find(({ code }) => code === error.code);
    const { code, number, family, retry, remedy } = error;
    assert.deepEqual({ code, number, family, retry, remedy, sentence: row.sentence }, { ...row });
  }
});

test("bundles are merged to one clean PEM", () => {
  const { pem, certificates } = mergeBundles(old.pem, new Uint8Array(next.der), old.pem, ended.pem);
  assert.deepEqual(
    certificates.filter(({ trusted }) => trusted).map(({ sha256 }) => sha256),
    [old.sha256, next.sha256],
  );
  assert.equal(pem.match(/BEGIN CERTIFICATE/g).length, 2);
  assert.throws(() => mergeBundles(ended.pem), { code: "trust.expired" });
});

test("a difference is one of certificates", () => {
  const prints = (list) => list.map(({ sha256 }) => sha256);
  const { same, added, removed, kept, expiring } = diffBundles(old.pem, next.pem + old.pem);
  assert.equal(same, false);
  assert.deepEqual([added, removed, kept, expiring].map(prints), [
    [next.sha256],
    [],
    [old.sha256],
    [old.sha256],
  ]);
  assert.equal(
    diffBundles(old.pem + next.pem, next.pem.replaceAll("\n", " ") + old.pem).same,
    true,
  );
});

test("the CA that verifies a chain is told, and until when", () => {
  const { anchor, until } = judgeChain(next.pem + old.pem, server.pem, "cache.internal");
  assert.equal(anchor.sha256, old.sha256);
  assert.equal(until, anchor.not_after);
  const refused = (code, ...args) =>
    assert.throws(
      () => judgeChain(...args),
      (error) => error instanceof TlsError && error.code === code,
    );
  refused("tls.untrusted", next.pem, server.pem);
  refused("tls.name_mismatch", old.pem, server.pem, "other.internal");
  assert.throws(() => judgeChain(old.pem, "no chain"), { code: "trust.empty" });
});
