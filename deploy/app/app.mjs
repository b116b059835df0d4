// A small service that counts visits. It is deployed once and follows every rotation.
//
//     POST /visits/PAGE   one more; answers how many there were
//     GET  /readyz        200 if Redis answers, else 503 with the code of the failure and what to do
//     GET  /livez         200 as long as the process serves; does not ask Redis
//     GET  /status        what is trusted, which generation of it, and for how long
//
// REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is. LISTEN is the
// address (0.0.0.0:8080); POLL_INTERVAL is how often the files are looked at (10s).
import { createServer } from "node:http";
import { fromEnv, RedlatchError } from "redlatch";

const redis = fromEnv({ pollInterval: process.env.POLL_INTERVAL ?? "10s" });
redis.on("error", (error) => console.error(error.code, error.message));
await redis.connect();

function status() {
  const { state, trust, credentials } = redis.status();
  const certificates = trust.certificates.map((it) => [it.subject, it.days_left]);
  return {
    pid: process.pid,
    state,
    trust: { generation: trust.generation, certificates },
    credentials: { generation: credentials.generation },
  };
}

async function answer({ method, url }) {
  const page = /^\/visits\/(.+)$/.exec(url)?.[1];
  switch (`${method} ${page ? "/visits" : url}`) {
    case "POST /visits":
      return { visits: await redis.incr(`visits:${page}`) };
    case "GET /readyz":
      return { ready: (await redis.ping()) === "PONG" };
    case "GET /livez":
      return { live: true };
    case "GET /status":
      return status();
  }
}

const server = createServer(async (request, response) => {
  const reply = (code, document) => {
    response.writeHead(code, { "Content-Type": "application/json" });
    response.end(JSON.stringify(document));
  };
  try {
    const document = await answer(request);
    reply(document ? 200 : 404, document ?? { error: "not found" });
  } catch (error) {
    if (!(error instanceof RedlatchError)) {
      throw error;
    }
    reply(503, { code: error.code, remedy: error.remedy });
  }
});
const [, host, port] = /^(.*):(\d+)$/.exec(process.env.LISTEN ?? "0.0.0.0:8080");
server.listen(Number(port), host, () => console.log("listening on", server.address().port));

process.once("SIGTERM", () => {
  server.close(() => redis.destroy());
  server.closeIdleConnections();
});
