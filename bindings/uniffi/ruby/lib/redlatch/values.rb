# frozen_string_literal: true

module Redlatch
  # @private
  module Values
    # A reply as Ruby's own: strings are UTF-8 if they can be, and bytes if not.
    def self.plain(value)
      case value
      when Value::NIL then nil
      when Value::BOOL, Value::INTEGER, Value::DOUBLE then value.value
      when Value::BIG_NUMBER then Integer(value.digits, 10)
      when Value::SIMPLE then value.text
      when Value::BULK, Value::VERBATIM then text(value.data)
      when Value::ARRAY, Value::PUSH then value.items.map { |item| plain(item) }
      when Value::SET then value.items.to_set { |item| plain(item) }
      when Value::MAP then value.pairs.to_h { |pair| [plain(pair.key), plain(pair.value)] }
      when Value::ERROR then Errors.of(value.failure)
      end
    end

    def self.text(bytes)
      text = bytes.dup.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : bytes
    end

    # Seconds as the generated code takes them.
    def self.duration(seconds) = seconds && Time.at(seconds)

    # An argument of a command as bytes.
    def self.bytes(argument)
      case argument
      when String, Symbol, Numeric then argument.to_s.b
      else raise TypeError, "an argument is text, bytes or a number, not #{argument.class}"
      end
    end
  end
end
