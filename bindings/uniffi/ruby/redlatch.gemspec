# frozen_string_literal: true

require "ffi"

Gem::Specification.new do |spec|
  spec.name = "redlatch"
  spec.version = "0.1.0"
  spec.summary = "Secure connections to Redis and Valkey whose trust rotates under live traffic"
  spec.authors = ["redlatch contributors"]
  spec.homepage = "https://github.com/redlatch/redlatch"
  spec.licenses = %w[MIT Apache-2.0]
  spec.required_ruby_version = ">= 3.1"
  # It holds a library for this one.
  spec.platform = Gem::Platform.local
  spec.files = Dir["lib/**/*", "LICENSE-*"]
  spec.add_dependency "ffi", "~> 1.15"
end
