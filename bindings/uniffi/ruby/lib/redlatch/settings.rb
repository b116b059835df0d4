# frozen_string_literal: true

require "pathname"

module Redlatch
  # @private
  module Settings
    def self.given(settings)
      settings.compact.to_h { |name, value| [name.to_s, setting(name, value)] }
    end

    def self.setting(name, value)
      case value
      when true, false then Setting::BOOL.new(value: value)
      when Integer then Setting::INTEGER.new(value: value)
      when Numeric then Setting::NUMBER.new(value: value.to_f)
      when Array then Setting::TEXTS.new(values: value.map(&:to_s))
      when String, Symbol, Pathname then Setting::TEXT.new(value: value.to_s)
      else raise TypeError, "#{name} cannot be a #{value.class}"
      end
    end

    def self.plain(setting)
      setting.is_a?(Setting::TEXTS) ? setting.values : setting.value
    end
  end

  # A finalizer frees what providers were, and may take no lock; to delete takes none.
  class UniffiHandleMap
    def remove(handle) = @map.delete(handle)
  end

  # @private
  class Asked
    def initialize(give)
      @give = give
    end

    def credentials = provided { Redlatch.credentials(@give.call) }

    def trust = provided { @give.call }

    def identity
      provided do
        chain, key = @give.call
        Identity.new(chain: chain, key: key)
      end
    end

    private

    # What a provider raises is told in events and errors.
    def provided
      yield
    rescue StandardError => e
      raise ProviderError::Unavailable.new(reason: e.message)
    end
  end

  class << self
    # @private
    def credentials(given)
      given = { secret: given } if given.is_a?(String)
      Credentials.new(username: given[:username], secret: given.fetch(:secret),
                      expires: given[:expires])
    end

    # @private
    def providers(credentials, trust, identity)
      [credentials, trust, identity].map { |give| give && Asked.new(give) }
    end
  end
end
