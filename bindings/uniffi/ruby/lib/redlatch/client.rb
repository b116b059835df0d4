# frozen_string_literal: true

module Redlatch
  # A client of one server that any number of threads share. Arguments of commands are texts, symbols and
  # numbers; timeouts are seconds, none means the setting `timeout`, 0 no limit.
  class Client
    # @private
    module Commands
      # Runs one command. An error of the server is raised.
      def call(*args, timeout: nil)
        args = args.map { |argument| Values.bytes(argument) }
        Values.plain(Redlatch.attempt { super(args, Values.duration(timeout)) })
      end

      # Runs commands in one flight: `pipeline { |p| p.call("INCR", "n") }`. An error of the server is
      # among the values.
      def pipeline(timeout: nil, &build)
        commands = Batch.of(build)
        Redlatch.attempt { super(commands, Values.duration(timeout)) }.map { |value| Values.plain(value) }
      end

      # Runs commands as one transaction, between MULTI and EXEC: what EXEC gave.
      def transaction(timeout: nil, &build)
        commands = Batch.of(build)
        Redlatch.attempt { super(commands, Values.duration(timeout)) }.map { |value| Values.plain(value) }
      end
    end

    # @private
    module Face
      # Keeps a connection for WATCH and what follows it; with a block until that ends.
      def hold
        held = Redlatch.attempt { super }
        return held unless block_given?

        begin
          yield held
        ensure
          held.release
        end
      end

      # Subscriptions, on a connection of their own; with a block until that ends.
      def subscriber
        subscriber = Redlatch.attempt { super }
        return subscriber unless block_given?

        begin
          yield subscriber
        ensure
          subscriber.close
        end
      end

      # The connection used last, of those that no call is using, and the counters of all.
      def status = Redlatch.attempt { super }

      # The settings in force by their names, secrets "***".
      def config = super.transform_values { |setting| Settings.plain(setting) }

      # How the client is: asks the server and waits no longer than `limit`, 0.9 unless it is given.
      def health(limit: nil, read_only: false) = Redlatch.attempt { super(Values.duration(limit), read_only) }

      # The next event; nil if none came in time, or the client was closed. While a thread waits here,
      # idle connections are looked after.
      def next_event(timeout: nil) = super(Values.duration(timeout))

      # Looks at all watched files now, and asks providers again.
      def reload = Redlatch.attempt { super }

      # Hands in `trust: bundle`, `identity: [chain, key]`, `credentials: {username:, secret:}` or
      # `crl: lists`, in place of what its source gave.
      def supply(trust: nil, identity: nil, credentials: nil, crl: nil)
        identity &&= Identity.new(chain: identity[0], key: identity[1])
        [
          trust && Material::TRUST.new(bundles: Array(trust)),
          identity && Material::IDENTITY.new(identity: identity),
          credentials && Material::CREDENTIALS.new(credentials: Redlatch.credentials(credentials)),
          crl && Material::CRL.new(lists: Array(crl)),
        ].compact.each { |material| Redlatch.attempt { super(material) } }
        nil
      end

      # Ends calls under way and subscriptions with "client.closed", and says goodbye to the server.
      def close = shut_down

      def inspect = "#<#{self}>"
    end

    prepend Commands
    prepend Face
  end

  # A connection that one caller keeps until the release.
  class Held
    prepend Client::Commands
  end

  # Commands that leave together.
  class Batch
    # @private
    attr_reader :commands

    # @private
    def self.of(build) = new.tap { |batch| build.call(batch) }.commands

    def initialize
      @commands = []
    end

    # Adds a command.
    def call(*args)
      @commands << args.map { |argument| Values.bytes(argument) }
      self
    end
  end

  # What is generated has other arguments.
  module Functions
    # What a CA bundle holds, in any text form.
    def read_bundle(data) = attempt { super }

    # Finds out step by step why the server of these settings cannot be reached, or that it can.
    def doctor(from_env: false, read_only: false, credentials_provider: nil, trust_provider: nil,
               identity_provider: nil, **settings)
      asked = providers(credentials_provider, trust_provider, identity_provider)
      attempt { super(Settings.given(settings), from_env, read_only, *asked) }
    end

    # Metrics of clients, in Prometheus's text format.
    def metrics(*clients) = super(clients)
  end

  class << self
    prepend Functions

    # A client of a URL and of settings by their names; with a block it is closed when that ends.
    # Providers are callables: of a secret or {username:, secret:, expires:}, of a bundle, of
    # [chain, key].
    def open(url = nil, from_env: false, credentials_provider: nil, trust_provider: nil,
             identity_provider: nil, **settings)
      settings = settings.merge(url: url) if url
      asked = providers(credentials_provider, trust_provider, identity_provider)
      client = attempt { Client.with_settings(Settings.given(settings), from_env, *asked) }
      return client unless block_given?

      begin
        yield client
      ensure
        client.close
      end
    end

    # A client of what REDIS_URL, or REDIS_HOST and its siblings, say; settings win over them.
    def from_env(**settings, &block) = open(**settings, from_env: true, &block)
  end
end
