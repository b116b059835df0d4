# frozen_string_literal: true

module Redlatch
  # Subscriptions and what is heard by them. A connection that was lost is an event `gap` of the client.
  class Subscriber
    # @private
    module Face
      %i[subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe].each do |name|
        define_method(name) do |*channels|
          channels = channels.map { |channel| Values.bytes(channel) }
          Redlatch.attempt { super(channels) }
        end
      end

      # The next message; nil if none came in time.
      def next_message(timeout: nil) = Redlatch.attempt { super(Values.duration(timeout)) }

      # Ends it: who waits for a message gets "client.closed".
      def close = shut_down
    end
    prepend Face

    # Messages until this or the client is closed.
    def each_message
      return enum_for(:each_message) unless block_given?

      loop { yield next_message }
    rescue Errors::ClientError => e
      raise unless e.code == "client.closed"
    end
  end

  # What was published.
  class Message
    # As text, if it is UTF-8.
    def text = Values.text(payload)
  end
end
