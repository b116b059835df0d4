// Iterators over SCAN and its kin: one page of replies at a time.

interface Page {
  readonly cursor: string | Buffer;
}

interface Options {
  readonly cursor?: string | Buffer;
}

/** A client's methods that give pages. */
interface Scanner {
  scan(cursor: unknown, options?: object): Promise<Page & { keys: unknown }>;
  hScan(key: unknown, cursor: unknown, options?: object): Promise<Page & { entries: Entry[] }>;
  hScanNoValues(
    key: unknown,
    cursor: unknown,
    options?: object,
  ): Promise<Page & { fields: unknown }>;
  sScan(key: unknown, cursor: unknown, options?: object): Promise<Page & { members: unknown }>;
  zScan(key: unknown, cursor: unknown, options?: object): Promise<Page & { members: unknown }>;
}

interface Entry {
  readonly field: unknown;
  readonly value: unknown;
}

type Iterate = (this: Scanner, ...args: never[]) => AsyncGenerator<unknown, void>;

/** By name of the method. */
export const iterators: Readonly<Record<string, Iterate>> = {
  scanIterator(options?: Options) {
    return paged(
      options,
      (cursor) => this.scan(cursor, options),
      ({ keys }) => keys,
    );
  },
  hScanIterator(key: unknown, options?: Options) {
    return paged(
      options,
      (at) => this.hScan(key, at, options),
      ({ entries }) => entries,
    );
  },
  hScanValuesIterator(key: unknown, options?: Options) {
    const values = (entries: Entry[]) => entries.map(({ value }) => value);
    return paged(
      options,
      (at) => this.hScan(key, at, options),
      ({ entries }) => values(entries),
    );
  },
  hScanNoValuesIterator(key: unknown, options?: Options) {
    return paged(
      options,
      (at) => this.hScanNoValues(key, at, options),
      ({ fields }) => fields,
    );
  },
  sScanIterator(key: unknown, options?: Options) {
    return paged(
      options,
      (at) => this.sScan(key, at, options),
      ({ members }) => members,
    );
  },
  zScanIterator(key: unknown, options?: Options) {
    return paged(
      options,
      (at) => this.zScan(key, at, options),
      ({ members }) => members,
    );
  },
};

async function* paged<P extends Page>(
  options: Options | undefined,
  next: (cursor: string | Buffer) => Promise<P>,
  content: (page: P) => unknown,
): AsyncGenerator<unknown, void> {
  let cursor = options?.cursor ?? "0";
  do {
    const page = await next(cursor);
    cursor = page.cursor;
    yield content(page);
  } while (String(cursor) !== "0");
}
