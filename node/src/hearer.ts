// What a client hears besides replies: messages of channels, and what MONITOR shows.
import { Sender } from "./sender";
import type { ChannelListeners, Kind, PubSubListener } from "./subscriptions";

type Names = string | readonly string[];

export abstract class Hearer extends Sender {
  get isPubSubActive(): boolean {
    return this.core.subscriptions.isActive;
  }

  subscribe(channels: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("CHANNELS", channels, listener, buffers);
  }

  unsubscribe(channels?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("CHANNELS", channels, listener, buffers);
  }

  pSubscribe(patterns: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("PATTERNS", patterns, listener, buffers);
  }

  pUnsubscribe(patterns?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("PATTERNS", patterns, listener, buffers);
  }

  sSubscribe(channels: Names, listener: PubSubListener, buffers?: boolean): Promise<void> {
    return this.listen("SHARDED", channels, listener, buffers);
  }

  sUnsubscribe(channels?: Names, listener?: PubSubListener, buffers?: boolean): Promise<void> {
    return this.core.subscriptions.unsubscribe("SHARDED", channels, listener, buffers);
  }

  getPubSubListeners(kind: Kind): Map<string, ChannelListeners> {
    return this.core.subscriptions.all[kind];
  }

  extendPubSubListeners(kind: Kind, listeners: Map<string, ChannelListeners>): Promise<void> {
    this.core.demandOpen();
    return this.core.subscriptions.extend(kind, listeners);
  }

  extendPubSubChannelListeners(
    kind: Kind,
    channel: string,
    listeners: ChannelListeners,
  ): Promise<void> {
    return this.extendPubSubListeners(kind, new Map([[channel, listeners]]));
  }

  /** Hands each command that the server gets to `show`; resolves once it does. */
  async monitor(show: (line: string) => void): Promise<void> {
    this.core.demandOpen();
    await this.core.watchCommands(show);
  }

  /** Ends subscriptions, watching and monitoring. */
  async reset(): Promise<void> {
    this.core.demandOpen();
    await this.core.reset();
  }

  private listen(
    kind: Kind,
    channels: Names,
    listener: PubSubListener,
    buffers?: boolean,
  ): Promise<void> {
    this.core.demandOpen();
    return this.core.subscriptions.subscribe(kind, channels, listener, buffers);
  }
}
