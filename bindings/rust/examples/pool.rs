//! When one connection is not enough: threads that block, and values so large that one core is busy
//! with them.
//!
//! ```sh
//! export REDIS_HOST=10.0.0.3 REDIS_PORT=6378
//! export REDIS_SSL_CA_CERTS=/etc/redis-tls/ca.pem REDIS_PASSWORD_FILE=/etc/redis/password
//! cargo run --example pool
//! ```

use std::{
    error::Error,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use redis::{AsyncCommands, Commands};
use redlatch::{Client, aio::Connection};

/// Several connections, given out in turn. Small commands need one only: together they are cheaper.
struct Lanes {
    connections: Vec<Connection>,
    next: AtomicUsize,
}

impl Lanes {
    async fn new(client: &Client, count: usize) -> redlatch::Result<Self> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(client.async_connection().await?);
        }
        Ok(Self { connections, next: AtomicUsize::new(0) })
    }

    fn take(&self) -> Connection {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        self.connections[at].clone()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env()?;

    // Threads borrow a connection each, and give it back.
    let pool = client.pool();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| -> Result<i64, Box<dyn Error + Send + Sync>> {
                    Ok(pool.get()?.incr("visits", 1)?)
                })
            })
            .collect();
        for thread in threads {
            match thread.join() {
                Ok(Ok(visits)) => println!("{visits} visits"),
                Ok(Err(error)) => println!("{error}"),
                Err(_) => println!("a thread panicked"),
            }
        }
    });
    println!("{pool:?}");

    // Tasks that move megabytes: one connection for each core.
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let lanes = Lanes::new(&client, thread::available_parallelism()?.get()).await?;
        let large = vec![b'x'; 1 << 20];
        let all = (0..8).map(|number| {
            let (mut redis, large) = (lanes.take(), large.clone());
            tokio::spawn(async move {
                redis.set_ex::<_, _, ()>(format!("large:{number}"), large, 60).await
            })
        });
        for task in all.collect::<Vec<_>>() {
            task.await??;
        }
        println!("8 MiB written");
        Ok(())
    })
}
