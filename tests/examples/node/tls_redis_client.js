// tls_redis_client.js - Node.js Redis client with TLS
const redis = require("redlatch");
const fs = require("fs");
const tls = require("tls");

async function createTlsRedisClient() {
    // Read the CA certificate
    const caCert = fs.readFileSync(
        process.env.REDIS_CA_CERT || "/etc/redis-tls/ca.pem"
    );

    const client = redis.createClient({
        socket: {
            host: process.env.REDIS_HOST || "10.0.0.3",
            port: parseInt(process.env.REDIS_PORT || "6378"),
            tls: true,
            // Configure TLS options
            ca: [caCert],
            rejectUnauthorized: true,
            connectTimeout: 5000,
        },
        password: process.env.REDIS_AUTH,
    });

    client.on("error", (err) => console.error("Redis TLS error:", err));

    await client.connect();
    console.log("Connected to Redis with TLS encryption");

    return client;
}

async function main() {
    const client = await createTlsRedisClient();

    await client.set("tls-test", "encrypted in transit");
    const value = await client.get("tls-test");
    console.log("Value:", value);

    await client.disconnect();
}

main().catch(console.error);
