// The questions of one client's core: who is asked, and who must not be called meanwhile.
import { AsyncLocalStorage } from "node:async_hooks";
import { failure, made, type RedlatchError } from "./error";
import type { ClientEvent } from "./events";
import type { Material, Parts } from "./material";
import type { Provider } from "./provider";

/** Takes answers. */
export interface Asker {
  answer(material: Material, id: number, parts: Parts): void;
  answerFailed(material: Material, id: number, why: string): void;
}

/** One run of a provider, as the code that it calls sees it. */
interface Run {
  readonly asking: Asking;
  over: boolean;
  /** The run of another client's provider, which waits for this one. */
  readonly outer: Run | undefined;
}

const runs = new AsyncLocalStorage<Run>();
let running = 0;

export class Asking {
  private over = false;

  constructor(
    private readonly asker: Asker,
    private readonly providers: ReadonlyMap<Material, Provider>,
  ) {}

  /** Answers a question, later. */
  need(material: Material, id: number): void {
    process.nextTick(async () => {
      if (this.over) {
        return;
      }
      try {
        const parts = await this.run(material);
        this.asker.answer(material, id, parts);
      } catch (thrown) {
        this.asker.answerFailed(material, id, explain(thrown));
      }
    });
  }

  /** An error if this code runs within a provider: it would wait for itself. */
  misuse(): RedlatchError | undefined {
    let run = running > 0 ? runs.getStore() : undefined;
    while (run !== undefined && (run.over || run.asking !== this)) {
      run = run.outer;
    }
    return run && failure("client.misuse", "a provider must not use the client it provides for");
  }

  /** Tells a provider of credentials what became of them. */
  told(event: ClientEvent): void {
    const provider = this.providers.get("credentials");
    if (event.kind === "reauth_failed" && provider?.reauthFailed !== undefined) {
      const error = made(String(event.code), String(event.error));
      process.nextTick(() => provider.reauthFailed?.(error));
    }
  }

  /** Nobody is asked any more. */
  end(): void {
    this.over = true;
    for (const provider of this.providers.values()) {
      provider.end?.();
    }
  }

  private async run(material: Material): Promise<Parts> {
    const provider = this.providers.get(material);
    if (provider === undefined) {
      throw new Error("the client has no provider for it");
    }
    const run: Run = { asking: this, over: false, outer: runs.getStore() };
    running++;
    try {
      return await runs.run(run, () => provider.provide());
    } finally {
      run.over = true;
      if (--running === 0) {
        // While it watches, every promise of the process is slower.
        runs.disable();
      }
    }
  }
}

/** What a provider failed with, without its stack. */
function explain(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "what was thrown cannot be shown";
  }
}
