#!/usr/bin/env node
// Sends what is published on a channel to every WebSocket, from any number of these servers.
//
// Promised: a message that is published while the server is connected reaches every WebSocket once
// and in order, also while certificates and passwords rotate. Redis keeps no messages: after the
// connection itself was lost, each WebSocket is told {"gap": true} before what follows, so that it
// can fetch what it shows anew. One that reads too slowly is closed (1013, try again later) and
// holds up nobody.
import { once } from "node:events";
import { parseArgs } from "node:util";
import { fromEnv } from "redlatch";
import { WebSocket, WebSocketServer } from "ws";

const HELP = `Usage: broadcast.mjs [OPTIONS] CHANNEL

  --host HOST      (127.0.0.1)
  --port PORT      0 for any (8000)
  --backlog BYTES  how much a WebSocket may lag (1048576)

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8000" },
    backlog: { type: "string", default: "1048576" },
    help: { type: "boolean", short: "h" },
  },
});
if (options.help || positionals.length !== 1) {
  console.log(HELP);
  process.exit(options.help ? 0 : 2);
}

const server = new WebSocketServer({ host: options.host, port: Number(options.port) });
await once(server, "listening");
console.log("serving", server.address().port);

/** Never waits. */
function tell(message) {
  for (const socket of server.clients) {
    if (socket.readyState !== WebSocket.OPEN) {
      continue;
    }
    if (socket.bufferedAmount > Number(options.backlog)) {
      socket.close(1013, "too slow");
    } else {
      socket.send(message);
    }
  }
}

const redis = fromEnv()
  .on("error", (error) => console.log("waiting:", error.code))
  .on("event", ({ kind }) => {
    if (kind === "gap") {
      tell('{"gap": true}');
    }
  });
await redis.connect();
await redis.subscribe(positionals[0], tell);
console.log("listening");

process.once("SIGTERM", async () => {
  for (const socket of server.clients) {
    socket.close(1001);
  }
  server.close();
  await redis.close();
});
