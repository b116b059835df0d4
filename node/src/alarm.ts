// The one timer of a client.

export class Alarm {
  private timer: NodeJS.Timeout | undefined;
  private keepsAlive = false;

  constructor(private readonly ring: () => void) {}

  /** Rings once after so many milliseconds, in place of what was set before. */
  set(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.ring, milliseconds);
    this.keepAlive(this.keepsAlive);
  }

  /** Whether the process lives on for it. */
  keepAlive(on: boolean): void {
    this.keepsAlive = on;
    if (on) {
      this.timer?.ref();
    } else {
      this.timer?.unref();
    }
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
