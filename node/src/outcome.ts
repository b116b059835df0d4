// Reads what a call of the extension hands back; bindings/node/src/output.rs describes it.

import { fromDocument, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import type { Lanes } from "./lanes";
import type { Links } from "./links";
import type { Material } from "./material";
import { Item, type Output } from "./native";
import type { Waiters } from "./waiters";

/** Does what the core says. */
export interface Doer {
  readonly waiters: Waiters;
  readonly links: Links;
  readonly lanes: Lanes;
  tell(event: ClientEvent): void;
  need(material: Material, id: number): void;
  refused(error: RedlatchError): void;
  wake(milliseconds: number): void;
}

/** Whether there is more to do: `native.more`. */
export function carryOut(out: Output, doer: Doer): boolean {
  if (out === undefined) {
    return false;
  }
  const { waiters, links, lanes } = doer;
  const { length } = out;
  let at = 0;
  while (at < length) {
    const item = out[at] as number;
    const number = out[at + 1] as number;
    if (item === Item.Replies) {
      const end = at + 3 + (out[at + 2] as number);
      let ticket = number;
      for (at += 3; at < end; at++) {
        waiters.reply(ticket++, out[at]);
      }
      continue;
    }
    switch (item) {
      case Item.Repeated: {
        const end = at + 3 + (out[at + 2] as number);
        for (at += 3; at < end; at++) {
          waiters.reply(number, out[at]);
        }
        break;
      }
      case Item.Failed:
        for (let ticket = number; ticket < number + (out[at + 2] as number); ticket++) {
          waiters.fail(ticket, fromDocument(out[at + 3] as string));
        }
        at += 4;
        break;
      case Item.Write:
        links.write(number, out[at + 2] as Uint8Array);
        at += 3;
        break;
      case Item.Hangup:
        links.hangup(number, out[at + 2] as boolean);
        at += 3;
        break;
      case Item.Dial:
        links.dial(number, out[at + 2] as number, out[at + 3] as string, out[at + 4] as number);
        at += 5;
        break;
      case Item.Event:
        doer.tell(JSON.parse(out[at + 1] as string));
        at += 2;
        break;
      case Item.Need:
        doer.need(out[at + 2] as Material, number);
        at += 3;
        break;
      case Item.Refused:
        doer.refused(fromDocument(out[at + 1] as string));
        at += 2;
        break;
      case Item.Wake:
        doer.wake(number);
        at += 2;
        break;
      case Item.Push:
        lanes.heard(number, out[at + 2]);
        at += 3;
        break;
      case Item.Opened:
        lanes.opened(number);
        at += 2;
        break;
      case Item.Bytes:
        lanes.bytes(number, out[at + 2] as Buffer);
        at += 3;
        break;
      case Item.Ended:
        lanes.ended(number, fromDocument(out[at + 2] as string));
        at += 3;
        break;
      case Item.Staged:
        links.writeStaged(number, out[at + 2] as number);
        at += 3;
        break;
      default:
        return true;
    }
  }
  return false;
}
