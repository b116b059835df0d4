# frozen_string_literal: true

require "ffi"

# Secure connections to Redis and Valkey whose CA, certificates and password rotate under live traffic.
#
#   Redlatch.open("rediss://10.0.0.3:6378?ca_file=/etc/redis-tls/ca.pem") do |redis|
#     redis.call("SET", "greeting", "hello")
#     puts redis.call("GET", "greeting")
#   end
module Redlatch
  LIBRARY = File.expand_path("redlatch/#{FFI.map_library_name('redlatch_uniffi')}", __dir__)

  # The generated module goes on from here.
  module UniFFILib
    extend FFI::Library

    # Calls wait for the network: other threads run meanwhile. Not so what finalizers call.
    def self.attach_function(name, arguments, result)
      super(name, arguments, result, blocking: name.match?(/_fn_(method|constructor|func)_/))
    end
  end
end

require "redlatch/generated"
require "redlatch/errors"
require "redlatch/values"
require "redlatch/settings"
require "redlatch/client"
require "redlatch/subscriber"
