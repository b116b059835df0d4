//! Messages as a stream, from which nothing is lost or comes twice when trust rotates.
//!
//! ```sh
//! export REDIS_HOST=10.0.0.3 REDIS_PORT=6378
//! export REDIS_SSL_CA_CERTS=/etc/redis-tls/ca.pem REDIS_PASSWORD_FILE=/etc/redis/password
//! cargo run --example pubsub
//! ```

use redlatch::{Client, EventKind, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let redis = Client::from_env()?.async_connection().await?;
    let mut events = redis.events();
    let mut messages = redis.subscriber().await?;
    messages.subscribe(["news"]).await?;
    messages.psubscribe(["user:*"]).await?;

    let publisher = redis.clone();
    tokio::spawn(async move {
        for number in 1..=3 {
            publisher.call(["PUBLISH", "user:7", &format!("message {number}")]).await?;
        }
        publisher.call(["PUBLISH", "news", "end"]).await
    });
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) if &*message.channel == b"news" && message.text() == "end" => break,
                Some(message) => println!("{}: {}", message.channel_name(), message.text()),
                None => break,
            },
            Some(event) = events.next() => if event.kind == EventKind::Gap {
                println!("a connection was lost: read again what messages only announce");
            },
        }
    }
    redis.close().await;
    Ok(())
}
