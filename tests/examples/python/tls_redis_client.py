# tls_redis_client.py - Connect to Memorystore Redis with TLS encryption
import os
import ssl

import redlatch as redis


def create_tls_redis_client():
    """Create a Redis client with TLS encryption enabled."""
    # Path to the CA certificate file
    ca_cert_path = os.environ.get("REDIS_CA_CERT", "/etc/redis-tls/ca.pem")

    # Create an SSL context that verifies the server certificate
    ssl_context = ssl.create_default_context(cafile=ca_cert_path)

    # For Memorystore, we verify the server cert but do not need client certs
    ssl_context.check_hostname = False
    ssl_context.verify_mode = ssl.CERT_REQUIRED

    client = redis.Redis(
        host=os.environ.get("REDIS_HOST", "10.0.0.3"),
        port=int(os.environ.get("REDIS_PORT", "6378")),  # TLS port may differ
        password=os.environ.get("REDIS_AUTH"),
        decode_responses=True,
        ssl=True,
        ssl_ca_certs=ca_cert_path,
        ssl_cert_reqs="required",
        socket_timeout=5,
        retry_on_timeout=True,
    )

    # Verify the connection works
    client.ping()
    print("Connected to Redis with TLS encryption")

    return client


# Usage
r = create_tls_redis_client()
r.set("encrypted-key", "this data is encrypted in transit")
print(r.get("encrypted-key"))
