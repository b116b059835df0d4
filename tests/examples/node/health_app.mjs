// Probes and metrics of a service. PORT says where it listens; REDIS_URL and its kin, where Redis is.
import express from "express";
import { fromEnv, METRICS_CONTENT_TYPE } from "redlatch";

const client = fromEnv();
client.on("error", (error) => console.error(error.code, error.message));
// A service that waits for Redis before it listens could not tell what is wrong.
client.connect().catch(() => {});

const app = express();

// Whether this process serves. A restart would not bring the server back.
app.get("/healthz", (_request, response) => {
  response.json({ live: true });
});

app.get("/readyz", async (_request, response) => {
  const health = await client.health();
  response.status(health.ok ? 200 : 503).json(health);
});

app.get("/metrics", (_request, response) => {
  response.type(METRICS_CONTENT_TYPE).send(client.metrics());
});

const server = app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", () => {
  server.close();
  if (client.isOpen) {
    client.destroy();
  }
});
