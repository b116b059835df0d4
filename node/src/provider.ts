// Callbacks that provide materials. The core decides when to ask; here somebody is asked.
import { failure, type RedlatchError } from "./error";
import { type Credentials, type Identity, type Material, type Parts, parts } from "./material";
import type { Certificates } from "./options";

type Awaitable<T> = T | PromiseLike<T>;

/** Gives trusted CAs, in any text form or DER. */
export type TrustProvider = () => Awaitable<Certificates>;

/** Gives the client certificate and its key. */
export type IdentityProvider = () => Awaitable<Identity>;

/** Gives username and secret; a function, or one of node-redis's objects. */
export type CredentialsProvider =
  | (() => Awaitable<string | Credentials>)
  | AsyncCredentialsProvider
  | StreamingCredentialsProvider;

/** As in node-redis. */
export interface AsyncCredentialsProvider {
  readonly type: "async-credentials-provider";
  credentials(): Awaitable<Credentials>;
  /** Told when a live connection could not prove a new secret. */
  onReAuthenticationError?(error: Error): void;
}

/** As in node-redis: asked once, it tells each new secret by itself. */
export interface StreamingCredentialsProvider {
  readonly type: "streaming-credentials-provider";
  subscribe(listener: CredentialsListener): Awaitable<[Credentials, { dispose(): void }]>;
  /** Told when a live connection could not prove a new secret, and what the stream reports. */
  onReAuthenticationError?(error: Error): void;
}

export interface CredentialsListener {
  onNext(credentials: Credentials): void;
  onError(error: Error): void;
}

/** Whom an engine asks for one material. */
export interface Provider {
  provide(): Promise<Parts>;
  /** A live connection could not prove a new secret. */
  reauthFailed?(error: RedlatchError): void;
  /** Nobody asks any more. */
  end?(): void;
}

/** Takes content that nobody asked for; an error says why it is refused. */
export type Supply = (material: Material, content: Parts) => RedlatchError | undefined;

/** Makes the provider of one client. */
export type Hire = (supply: Supply) => Provider;

/** Options that are providers. */
export const PROVIDERS: Readonly<Record<string, Material>> = {
  trustProvider: "trust",
  identityProvider: "identity",
  credentialsProvider: "credentials",
};

/** Reads the option that provides a material. */
export function provider(option: string, given: unknown): Hire {
  const read = parts[PROVIDERS[option]] as (content: unknown) => Parts;
  if (typeof given === "function") {
    return () => ({ provide: async () => read(await given()) });
  }
  const known: { type?: unknown; credentials?: unknown; subscribe?: unknown } = Object(given);
  if (option === "credentialsProvider") {
    if (known.type === "async-credentials-provider" && typeof known.credentials === "function") {
      return () => new Asynchronous(given as AsyncCredentialsProvider);
    }
    if (known.type === "streaming-credentials-provider" && typeof known.subscribe === "function") {
      return (supply) => new Streaming(given as StreamingCredentialsProvider, supply);
    }
  }
  throw failure("config.invalid", "is no provider", { setting: option });
}

class Asynchronous implements Provider {
  constructor(private readonly given: AsyncCredentialsProvider) {}

  async provide(): Promise<Parts> {
    return parts.credentials(await this.given.credentials());
  }

  reauthFailed(error: RedlatchError): void {
    this.given.onReAuthenticationError?.(error);
  }
}

class Streaming implements Provider {
  #latest: Parts | undefined;
  #subscribed: Promise<void> | undefined;
  #over = false;
  #dispose: (() => void) | undefined;

  constructor(
    private readonly given: StreamingCredentialsProvider,
    private readonly supply: Supply,
  ) {}

  /** What the stream told last; the first time, it is subscribed to. */
  async provide(): Promise<Parts> {
    this.#subscribed ??= this.subscribe();
    try {
      await this.#subscribed;
    } catch (error) {
      this.#subscribed = undefined;
      this.leave();
      throw error;
    }
    return this.#latest as Parts;
  }

  reauthFailed(error: Error): void {
    this.given.onReAuthenticationError?.(error);
  }

  end(): void {
    this.#over = true;
    this.leave();
  }

  private async subscribe(): Promise<void> {
    const [initial, disposable] = await this.given.subscribe({
      onNext: (credentials) => this.next(credentials),
      onError: (error) => this.reauthFailed(error),
    });
    this.#dispose = () => disposable.dispose();
    if (this.#over) {
      this.leave();
    }
    this.#latest ??= parts.credentials(initial);
  }

  private leave(): void {
    if (this.#dispose !== undefined) {
      // What it throws is not for the caller of `close`.
      process.nextTick(this.#dispose);
      this.#dispose = undefined;
    }
  }

  private next(credentials: Credentials): void {
    if (this.#over) {
      return;
    }
    try {
      const content = parts.credentials(credentials);
      const refusal = this.supply("credentials", content);
      if (refusal !== undefined) {
        throw refusal;
      }
      this.#latest = content;
    } catch (error) {
      this.reauthFailed(error as Error);
    }
  }
}
