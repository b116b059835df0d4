import Foundation

// What generated code is not pleasant at: texts as arguments, plain values as settings, errors that
// describe themselves.

extension Client {
    /// Runs one command of texts, bytes and numbers.
    @discardableResult
    public func call(_ args: Argument..., timeout: TimeInterval? = nil) throws -> Value {
        try call(args: args.map(\.bytes), timeout: timeout)
    }
}

extension Held {
    /// Runs one command of texts, bytes and numbers.
    @discardableResult
    public func call(_ args: Argument..., timeout: TimeInterval? = nil) throws -> Value {
        try call(args: args.map(\.bytes), timeout: timeout)
    }
}

/// An argument of a command: text, bytes or a number.
public protocol Argument {
    var bytes: Data { get }
}

extension String: Argument {
    public var bytes: Data { Data(utf8) }
}

extension Data: Argument {
    public var bytes: Data { self }
}

extension Int: Argument {
    public var bytes: Data { Data(String(self).utf8) }
}

extension Double: Argument {
    public var bytes: Data { Data(String(self).utf8) }
}

extension Value {
    /// The text of a string of any kind, or of a number; nil if there is no value.
    public var string: String? {
        switch self {
        case .bulk(let data), .verbatim(_, let data): return String(decoding: data, as: UTF8.self)
        case .simple(let text): return text
        case .bigNumber(let digits): return digits
        case .integer(let value): return String(value)
        case .double(let value): return String(value)
        default: return nil
        }
    }
}

extension Setting: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .text(value: value) }
    public init(integerLiteral value: Int64) { self = .integer(value: value) }
    public init(floatLiteral value: Double) { self = .number(value: value) }
    public init(booleanLiteral value: Bool) { self = .bool(value: value) }
    public init(arrayLiteral values: String...) { self = .texts(values: values) }
}

extension CallError {
    /// What there is to know.
    public var failure: Failure {
        switch self {
        case .Config(let failure), .Trust(let failure), .Identity(let failure), .Auth(let failure),
            .Tls(let failure), .Net(let failure), .Protocol(let failure), .Server(let failure),
            .Client(let failure), .Internal(let failure):
            return failure
        }
    }
}
