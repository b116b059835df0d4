// Repeatable arguments: few keys, so that calls meet each other's data, and values of every kind.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  below(limit) {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  of(choices) {
    return choices[this.below(choices.length)];
  }

  chance(one) {
    return this.below(one) === 0;
  }

  many(make, most = 4) {
    return Array.from({ length: 1 + this.below(most) }, make);
  }

  shuffled(list) {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0]);
  }

  /** A key of a kind; now and then one of another kind, for WRONGTYPE. */
  key(kind) {
    const from = this.chance(25) ? this.of(["string", "hash", "list", "set", "zset"]) : kind;
    return `${from}:${this.below(3)}`;
  }

  /** Without `__proto__`: as a field of a hash node-redis loses it. */
  word() {
    return this.of(["a", "b", "c", "d", "field", "Größe", "日本", "constructor", "7"]);
  }

  integer() {
    return this.of([0, 1, 2, -1, 5, 10, 100, 12345]);
  }

  score() {
    return this.of([0, 1, -1, 1.5, 2.25, 1e20, -1e-9, "inf", "-inf"]);
  }

  /** Text or bytes, of every length that is packed or read in another way. */
  value() {
    switch (this.below(12)) {
      case 0:
        return "";
      case 1:
        return String(this.integer());
      case 2:
        return "x".repeat(this.of([9, 10, 72, 73, 1000]));
      case 3:
        return "ä日😀".repeat(this.of([1, 20, 500]));
      case 4:
        return "line\r\nline\0end";
      case 5:
        return Buffer.from([0xff, 0xfe, 0, 0x80, 0xc3]);
      case 6:
        return Buffer.from("bytes");
      case 7:
        return "x".repeat(this.of([1 << 16, 200_000]));
      case 8:
        return "12.5";
      default:
        return this.word();
    }
  }

  fields() {
    return Object.fromEntries(this.many(() => [this.word(), this.value()]));
  }

  /** An expression of Lua that gives a reply of any type of RESP. */
  lua(depth = 3) {
    const inner = () => this.lua(depth - 1);
    const text = () => this.of(["'text'", "''", "'日本'", "'\\255\\0'", "'12'"]);
    const leaves = [
      () => text(),
      // Above 2 ** 52 node-redis's own arithmetic rounds.
      () => String(this.of([0, 1, -5, 2147483648, 4503599627370495])),
      () => "false",
      () => "true",
      () => `{ok=${this.of(["'OK'", "'fine'"])}}`,
      () => `{err='${this.of(["ERR no", "MY own words", "lower case"])}'}`,
      () => `{double=${this.of(["1.5", "-0.25", "1/0", "-1/0", "3", "1e300"])}}`,
      () => `{big_number='${this.of(["12345678901234567890123", "-7", "0"])}'}`,
      () => `{verbatim_string={format='${this.of(["txt", "mkd"])}',string=${text()}}}`,
    ];
    if (depth === 0 || this.chance(3)) {
      return this.of(leaves)();
    }
    const list = () => this.many(inner, 5);
    // Keys of a table in Lua come in no order.
    const one = () => `{[${text()}]=${inner()}}`;
    return this.of([
      () => `{${list().join(",")}}`,
      () => "{}",
      () => `{map=${one()}}`,
      () => `{map={['key']={map=${one()}}}}`,
      () => `{set={[${this.of(["'m'", "7", "'日本'"])}]=true}}`,
    ])();
  }
}
