# frozen_string_literal: true

require "json"
require "minitest/autorun"
require "open3"
require "redlatch"
require "tmpdir"

# A running `redlatch lab`: a real TLS server whose CA, certificate and password rotate.
class Lab
  PROGRAM = ENV.fetch("REDLATCH_CLI") { File.expand_path("../../../../target/fast/redlatch", __dir__) }

  def self.up(*options)
    Dir.mktmpdir("redlatch-ruby-") do |folder|
      lab = new(File.join(folder, "lab"), options)
      yield lab
    ensure
      lab&.down
    end
  end

  def initialize(folder, options)
    @folder = folder
    @process = IO.popen([PROGRAM, "lab", "up", "--dir", folder, "--until-eof", *options], "r+")
    raise "the lab did not start" unless @process.gets&.strip == "ready"
  end

  def facts = JSON.parse(File.read(File.join(@folder, "lab.json")))

  def ca_file = facts["ca_file"]

  def password = facts["password"]

  # A client that follows the lab's files.
  def open(**settings, &block)
    base = { host: "127.0.0.1", port: facts["port"], ca_file: ca_file,
             password_file: facts["password_file"], poll_interval: 0.05, timeout: "20s" }
    Redlatch.open(**base, **settings, &block)
  end

  # Runs a verb; its effect holds when this returns.
  def verb(*words)
    output, status = Open3.capture2e(PROGRAM, "lab", *words, "--dir", @folder)
    raise "lab #{words.join(' ')}: #{output}" unless status.success?

    output
  end

  def down
    @process.close_write
    @process.close
  end
end
