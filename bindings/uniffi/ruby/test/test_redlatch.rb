# frozen_string_literal: true

require_relative "lab"

class TestCommands < Minitest::Test
  def test_replies_of_every_shape
    Lab.up do |lab|
      lab.open do |redis|
        assert_equal "OK", redis.call("SET", :greeting, "hällo")
        assert_equal "hällo", redis.call("GET", "greeting")
        assert_nil redis.call("GET", "nothing")
        bytes = (0..255).map(&:chr).join.b * 4096
        redis.call("SET", "a\0key", bytes)
        assert_equal bytes, redis.call("GET", "a\0key")
        redis.call("HSET", "h", "field", 1.5)
        assert_equal({ "field" => "1.5" }, redis.call("HGETALL", "h"))
        script = "redis.setresp(3) return {7, true, {set = {a = true}}, {double = 0.25}, " \
                 "{big_number = '12345678901234567890'}, redis.error_reply('OOPS x')}"
        *values, error = redis.call("EVAL", script, 0)
        assert_equal [7, true, Set["a"], 0.25, 12_345_678_901_234_567_890], values
        assert_equal "server.error", error.code
        assert_raises(TypeError) { redis.call("SET", "key", []) }
      end
    end
  end

  def test_pipelines_transactions_and_watches
    Lab.up do |lab|
      lab.open do |redis|
        values = redis.pipeline { |p| p.call("SET", "n", 1).call("LPUSH", "n", "x").call("INCR", "n") }
        assert_equal ["OK", 2], values.values_at(0, 2)
        assert_instance_of Redlatch::ServerError, values[1]
        assert_equal [3], redis.transaction { |t| t.call("INCR", "n") }
        redis.hold do |held|
          held.call("WATCH", "n")
          redis.call("INCR", "n")
          lost = assert_raises(Redlatch::Errors::ClientError) { held.transaction { |t| t.call("INCR", "n") } }
          assert_equal "client.watch_changed", lost.code
        end
        assert_equal "4", redis.call("GET", "n")
      end
    end
  end

  def test_other_threads_run_and_a_close_ends_who_waits
    Lab.up do |lab|
      redis = lab.open
      waits = Thread.new { assert_raises(Redlatch::Error) { redis.call("BLPOP", "never", 0, timeout: 0) } }
      Thread.pass until !waits.alive? || redis.call("INFO", "clients").include?("blocked_clients:1")
      redis.close
      assert_equal "client.closed", waits.value.code
      late = lab.open do |other|
        assert_raises(Redlatch::Errors::ClientError) { other.call("BLPOP", "never", 0, timeout: 0.1) }
      end
      assert_equal ["client.timeout", true], [late.code, late.maybe_executed?]
    end
  end

  def test_a_child_has_connections_of_its_own
    Lab.up do |lab|
      lab.open do |redis|
        redis.call("PING")
        ids = IO.popen("-") do |child|
          if child.nil?
            puts redis.call("CLIENT", "ID")
            exit!(0) if $stdout.flush
          end
          [child.read.to_i, redis.call("CLIENT", "ID")]
        end
        assert_equal 2, ids.uniq.size
        assert_operator ids[0], :>, ids[1]
      end
    end
  end
end

class TestFailures < Minitest::Test
  def test_an_error_tells_what_to_do
    Lab.up do |lab|
      Lab.up do |stranger|
        lab.open(ca_file: stranger.ca_file) do |redis|
          failed = assert_raises(Redlatch::Errors::TlsError) { redis.call("PING") }
          assert_equal ["tls.untrusted", 501, "tls", :after_rotation],
                       [failed.code, failed.number, failed.family, failed.retry]
          assert_match(/\AAdd the issuing CA/, failed.remedy)
          refute_empty failed.evidence
          refute failed.maybe_executed?
          assert_equal "tls.untrusted", redis.health(limit: 5).code
        end
        ill = Redlatch.doctor(host: "127.0.0.1", port: lab.facts["port"], ca_file: stranger.ca_file)
        assert_equal [false, "chain", "tls.untrusted"], [ill.ok, ill.stage, ill.code]
      end
      well = Redlatch.doctor(host: "127.0.0.1", port: lab.facts["port"], ca_file: lab.ca_file,
                             credentials_provider: -> { lab.password })
      assert well.ok, well.message
    end
  end

  def test_no_secret_is_told
    Lab.up do |lab|
      redis = lab.open(password_file: nil, password: "hunter2")
      failed = assert_raises(Redlatch::Errors::AuthError) { redis.call("PING") }
      assert_equal "auth.rejected", failed.code
      texts = [failed.message, failed.full_message, redis.inspect, redis.to_s, redis.config,
               redis.status.inspect, redis.events.inspect]
      refute(texts.any? { |text| text.to_s.include?("hunter2") })
      assert_equal "***", redis.config["password"]
      redis.close
    end
  end

  def test_each_code_has_a_class
    rows = Redlatch.error_codes
    assert_equal rows.map { |row| row[:family] }.uniq.sort, Redlatch::Errors::BY_FAMILY.keys.sort
    unknown = assert_raises(Redlatch::Errors::ConfigError) { Redlatch.open(hots: "x") }
    assert_equal "config.unknown", unknown.code
    empty = assert_raises(Redlatch::Errors::TrustError) { Redlatch.read_bundle("nothing") }
    assert_equal "trust.empty", empty.code
  end
end

class TestRotation < Minitest::Test
  def test_no_command_fails_while_ca_certificate_and_password_rotate
    Lab.up do |lab|
      lab.open(distrust_grace: 1) do |redis|
        busy = true
        threads = Array.new(3) do |number|
          Thread.new do
            rounds = 0
            while busy
              rounds += 1
              redis.call("SET", number, rounds)
              raise "lost" unless redis.call("GET", number) == rounds.to_s
            end
            rounds
          end
        end
        heard = lambda do |material, number|
          loop do
            event = redis.next_event(timeout: 20) or flunk "no #{material} #{number}"
            fields = event.fields
            break if event.kind == "rotation" && fields.values_at("material", "generation") == [material, number]
          end
        end
        lab.verb("rotate-password")
        heard.call("credentials", "2")
        lab.verb("add-ca")
        heard.call("trust", "2")
        lab.verb("switch-leaf")
        lab.verb("drop-ca")
        heard.call("trust", "3")
        busy = false
        assert(threads.map(&:value).all?(&:positive?))
        status = redis.status
        assert_equal [0, 3], [status.counters.failures, status.trust.generation]
        bundle = Redlatch.read_bundle(File.binread(lab.ca_file))
        assert_equal status.trust.certificates.map(&:sha256), bundle.certificates.map(&:sha256)
      end
    end
  end

  def test_providers_are_asked_and_material_is_handed_in
    Lab.up do |lab|
      asked = 0
      provider = lambda do
        asked += 1
        { secret: lab.password, expires: Time.now + 3600 }
      end
      lab.open(password_file: nil, credentials_provider: provider) do |redis|
        redis.call("PING")
        lab.verb("rotate-password", "--server-first")
        lab.verb("disconnect")
        redis.call("PING")
        assert_equal 2, asked
      end
      lab.open(ca_file: nil, trust_provider: -> { File.binread(lab.ca_file) }) { |redis| redis.call("PING") }
      sealed = -> { raise "the vault is sealed" }
      lab.open(password_file: nil, timeout: 0.1, credentials_provider: sealed) do |redis|
        failed = assert_raises(Redlatch::Errors::AuthError) { redis.call("PING") }
        assert_equal "auth.unavailable", failed.code
        assert_includes failed.message, "the vault is sealed"
        redis.supply(credentials: { secret: lab.password })
        assert_equal "PONG", redis.call("PING")
      end
    end
  end
end

class TestSubscriber < Minitest::Test
  def test_messages_are_heard
    Lab.up do |lab|
      lab.open do |redis|
        redis.subscriber do |subscriber|
          subscriber.subscribe("news")
          assert_nil subscriber.next_message(timeout: 0.01)
          listens = Thread.new { subscriber.each_message.take(2).map(&:text) }
          redis.call("PUBLISH", "news", "one")
          lab.verb("disconnect")
          Thread.pass while redis.call("PUBLISH", "news", "two").zero?
          assert_equal %w[one two], listens.value
          assert_includes redis.events.map(&:kind), "gap"
        end
      end
    end
  end

  def test_health_and_metrics
    Lab.up do |lab|
      lab.open do |redis|
        health = redis.health(limit: 5)
        assert_equal [true, true, "primary"], [health.ok, health.live, health.role]
        assert_includes redis.metrics, "redlatch_up"
        assert_includes Redlatch.metrics(redis), "redlatch_up"
      end
    end
  end
end

# The book's examples run as they stand.
class TestBook < Minitest::Test
  def test_examples
    page = File.read(File.expand_path("../../../../docs/start/uniffi.md", __dir__))
    examples = page.scan(/^```ruby\n(.*?)^```$/m).flatten
    refute_empty examples
    Lab.up do |lab|
      place = { "10.0.0.3:6378" => "127.0.0.1:#{lab.facts['port']}", "/etc/redis-tls/ca.pem" => lab.ca_file,
                "/etc/redis/password" => lab.facts["password_file"] }
      examples.each do |example|
        place.each { |shown, meant| example = example.gsub(shown, meant) }
        # The first prints what it did.
        assert_output(/\Ahello\n1\n\z/, "") { eval(example) } # rubocop:disable Security/Eval
      end
    end
  end
end
