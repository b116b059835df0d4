// node-redis's second spelling of what is no plain command.

const SPELLINGS = {
  GET: "get",
  SET: "set",
  mget: "mGet",
  MULTI: "multi",
  WATCH: "watch",
  UNWATCH: "unwatch",
  SELECT: "select",
  SUBSCRIBE: "subscribe",
  UNSUBSCRIBE: "unsubscribe",
  PSUBSCRIBE: "pSubscribe",
  PUNSUBSCRIBE: "pUnsubscribe",
  SSUBSCRIBE: "sSubscribe",
  SUNSUBSCRIBE: "sUnsubscribe",
  MONITOR: "monitor",
  QUIT: "quit",
} as const;

export function attachSpellings(prototype: object): void {
  for (const [spelling, name] of Object.entries(SPELLINGS)) {
    const value = (prototype as Record<string, unknown>)[name];
    Object.defineProperty(prototype, spelling, { value, writable: true, configurable: true });
  }
}
