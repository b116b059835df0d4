//! Commands that go on while CA, certificate and password rotate, what happens meanwhile, and a secret
//! that is fetched.
//!
//! ```sh
//! export REDIS_HOST=10.0.0.3 REDIS_PORT=6378 REDIS_SSL_CA_CERTS=/etc/redis-tls/ca.pem
//! export PASSWORD_COMMAND="cat /etc/redis/password" SECONDS_TO_RUN=60
//! cargo run --example rotation
//! ```

use std::{
    env,
    error::Error,
    time::{Duration, Instant, SystemTime},
};

use redlatch::{Client, Credentials, EventKind, Providers};
use tokio::process::Command;

/// As a vault would: a secret that lives for a while. It is asked again ahead of the end, and when the
/// server refuses what it gave.
async fn fetch() -> Result<Credentials, Box<dyn Error + Send + Sync>> {
    let command = env::var("PASSWORD_COMMAND")?;
    let output = Command::new("sh").args(["-c", &command]).output().await?;
    if !output.status.success() {
        return Err(format!("{command} ended with {}", output.status).into());
    }
    let secret = String::from_utf8(output.stdout)?.trim().to_owned();
    let expires = Some(SystemTime::now() + Duration::from_secs(600));
    Ok(Credentials { username: None, secret: secret.into(), expires })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder()
        .from_env()
        .poll_interval(Duration::from_secs(1))
        .providers(Providers::new().credentials_async(fetch))
        .build()?;
    let redis = client.async_connection().await?;

    let mut events = redis.events();
    let listener = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event.kind {
                EventKind::Rotation => println!("a new generation: {:?}", event.fields),
                EventKind::Rejected => {
                    println!("refused, the last good one stays: {:?}", event.fields)
                }
                kind => println!("{}", kind.name()),
            }
        }
    });

    let seconds = env::var("SECONDS_TO_RUN").unwrap_or_default().parse().unwrap_or(60.0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut done = 0_u64;
    while Instant::now() < end {
        redis.call(["INCR", "counter"]).await?;
        done += 1;
    }
    let counters = redis.status().await?.counters;
    println!("{done} commands, {} failed", counters.failures);
    redis.close().await;
    Ok(listener.await?)
}
