// What MONITOR shows, line by line, on a connection of its own.
import type { Engine } from "./engine";
import type { RedlatchError } from "./error";
import { Lane } from "./lane";

const MONITOR = Buffer.from("*1\r\n$7\r\nMONITOR\r\n");

export class Monitor {
  private readonly lane: Lane;
  private held = Buffer.alloc(0);
  private isOn = false;

  /** `settle` is told once whether it began, `end` why it ended later. */
  constructor(
    engine: Engine,
    private readonly show: (line: string) => void,
    settle: (error?: RedlatchError) => void,
    end: (error: RedlatchError) => void,
  ) {
    this.lane = new Lane(engine, "wire", {
      opened: () => this.lane.send(MONITOR),
      bytes: (bytes) => this.read(bytes, settle),
      ended: (error) => (this.isOn ? end(error) : settle(error)),
    });
  }

  close(): void {
    this.lane.close();
  }

  private read(bytes: Buffer, settle: () => void): void {
    const all = Buffer.concat([this.held, bytes]);
    let start = 0;
    for (let end = all.indexOf("\r\n"); end >= 0; end = all.indexOf("\r\n", start)) {
      // Each is a simple string; the first says OK.
      const line = all.toString("utf8", start + 1, end);
      start = end + 2;
      if (this.isOn) {
        queueMicrotask(() => this.show(line));
      } else {
        this.isOn = true;
        settle();
      }
    }
    this.held = all.subarray(start);
  }
}
