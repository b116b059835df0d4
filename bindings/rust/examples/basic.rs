//! Commands, a pipeline, a transaction, and what is known of the connection.
//!
//! ```sh
//! export REDIS_HOST=10.0.0.3 REDIS_PORT=6378
//! export REDIS_SSL_CA_CERTS=/etc/redis-tls/ca.pem REDIS_PASSWORD_FILE=/etc/redis/password
//! cargo run --example basic
//! ```

use std::{error::Error, time::Duration};

use redis::AsyncCommands;
use redlatch::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder().from_env().client_name("basic").build()?;
    let mut redis = client.async_connection().await?;

    let () = redis.set_ex("greeting", "hello", 60).await?;
    let greeting: String = redis.get("greeting").await?;
    println!("{greeting}");

    let mut pipeline = redis::pipe();
    pipeline.atomic().incr("visits", 1).expire("visits", 3600).ignore();
    let (visits,): (u64,) = pipeline.query_async(&mut redis).await?;
    println!("{visits} visits");

    // A session of its own: somebody else may change the key in between.
    let session = redis.exclusive().await?;
    let (stock,): (i64,) =
        redis::aio::transaction_async(session, &["stock"], async |mut redis, mut pipe| {
            let stock: Option<i64> = redis.get("stock").await?;
            let left = stock.unwrap_or(10) - 1;
            pipe.set("stock", left).ignore().get("stock").query_async(&mut redis).await
        })
        .await?;
    println!("{stock} left");

    // Nobody else waits for it.
    let patient = redis.with_timeout(Duration::from_millis(100));
    match patient.call(["BLPOP", "jobs", "0"]).await {
        Ok(job) => println!("{job:?}"),
        Err(error) => println!("no job: {}", error.code()),
    }

    let status = redis.status().await?;
    if let Some(session) = status.session() {
        println!("{:?} with {:?}", session.tls, session.cipher);
    }
    redis.close().await;
    Ok(())
}
