# frozen_string_literal: true

module Redlatch
  # Why something failed; see the classes of the families in Errors, and the code for what exactly.
  class Error < StandardError
    # All there is to know.
    attr_reader :failure

    def initialize(failure)
      @failure = failure
      super("#{failure.code}: #{failure.text}")
    end

    # The dotted code, such as "tls.untrusted": what a program compares.
    def code = failure.code

    # The number of the code; hundreds are families.
    def number = failure.number

    # The part of the code before the dot.
    def family = failure.family

    # :never, :reconnect, :backoff or :after_rotation.
    def retry = Redlatch.retry_word(failure._retry)

    # What to do about it: a sentence for people.
    def remedy = failure.remedy

    # Named facts.
    def evidence = failure.evidence

    # Whether the server may have executed the command: it was sent, and no reply came.
    def maybe_executed? = failure.maybe_executed
  end

  # A class for each family: Errors::TlsError, Errors::AuthError …
  module Errors
    BY_FAMILY = CallError.constants.to_h do |family|
      [family.to_s.downcase, const_set("#{family}Error", Class.new(Error))]
    end.freeze

    def self.of(failure) = BY_FAMILY.fetch(failure.family).new(failure)
  end

  # Errors that `pipeline` holds are of this class or of a sibling.
  ServerError = Errors::ServerError

  class << self
    # Every error there is, as hashes.
    def error_codes
      codes.map do |row|
        { code: row.code, number: row.number, family: row.family, retry: retry_word(row._retry),
          sentence: row.sentence, remedy: row.remedy }
      end
    end

    # @private
    def retry_word(number) = Retry.constants.find { |name| Retry.const_get(name) == number }.downcase

    # @private
    def attempt
      yield
    rescue *CallError.constants.map { |family| CallError.const_get(family) } => e
      raise Errors.of(e.failure), cause: nil
    end
  end
end
