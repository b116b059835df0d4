// Certificates of fixed dates and of keys that follow from their names, so that each run makes the same.
import { createHash, createPrivateKey, createPublicKey, sign, X509Certificate } from "node:crypto";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519 = sequence(oid("2b6570"));

/**
 * A certificate as DER, PEM and fingerprints. `issuer` is another one; without it it is self-signed.
 * Dates are ISO texts.
 */
export function certificate({ name, from, to, ca = true, issuer, organization }) {
  const key = keyOf(name);
  const subject = named(name, organization);
  const signed = sequence(
    tag(0xa0, integer(2)),
    integer(createHash("sha256").update(`serial ${name} ${from}`).digest()[0] & 0x7f),
    ED25519,
    issuer?.subject ?? subject,
    sequence(time(from), time(to)),
    subject,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    tag(0xa3, sequence(basicConstraints(ca), keyUsage(ca), ...(ca ? [] : [names(name)]))),
  );
  const signature = sign(null, signed, issuer?.key ?? key);
  const der = sequence(signed, ED25519, tag(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const pem = `${new X509Certificate(der).toString().trim()}\n`;
  const print = (hash) => createHash(hash).update(der).digest("hex");
  const secret = key.export({ type: "pkcs8", format: "pem" });
  return { name, subject, key, secret, der, pem, sha1: print("sha1"), sha256: print("sha256") };
}

function keyOf(name) {
  const seed = createHash("sha256").update(`redlatch test key of ${name}`).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), type: "pkcs8", format: "der" });
}

function tag(kind, ...contents) {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([kind, ...size]), content]);
}

function sequence(...contents) {
  return tag(0x30, ...contents);
}

function oid(hex) {
  return tag(0x06, Buffer.from(hex, "hex"));
}

function integer(number) {
  return tag(0x02, Buffer.from([number]));
}

function named(name, organization) {
  const part = (id, text) => tag(0x31, sequence(oid(id), tag(0x0c, Buffer.from(text))));
  const parts = organization === undefined ? [] : [part("55040a", organization)];
  return sequence(...parts, part("550403", name));
}

function time(iso) {
  const text = `${new Date(iso).toISOString().replace(/[-:T]|\.\d+/g, "")}`;
  const year = Number(text.slice(0, 4));
  return year < 2050 ? tag(0x17, Buffer.from(text.slice(2))) : tag(0x18, Buffer.from(text));
}

function extension(id, critical, content) {
  const mark = critical ? [tag(0x01, Buffer.from([255]))] : [];
  return sequence(oid(id), ...mark, tag(0x04, content));
}

function basicConstraints(ca) {
  return extension("551d13", true, ca ? sequence(tag(0x01, Buffer.from([255]))) : sequence());
}

function keyUsage(ca) {
  return extension("551d0f", true, tag(0x03, Buffer.from(ca ? [1, 0x06] : [7, 0x80])));
}

function names(name) {
  return extension("551d11", false, sequence(tag(0x82, Buffer.from(name))));
}
