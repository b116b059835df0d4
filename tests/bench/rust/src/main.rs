//! Rust clients under load. Usage: bench-rust CLIENT, orders on stdin.

mod clients;
mod measured;

use std::{io::BufRead, process::ExitCode};

use clients::{Fred, RedisRs, RedisRsBlocking, Redlatch, RedlatchBlocking, RedlatchCalls};
use measured::{Order, run};

fn main() -> ExitCode {
    let client = std::env::args().nth(1).unwrap_or_default();
    let obey = match &*client {
        "redlatch" => run::<Redlatch>,
        "redlatch call" => run::<RedlatchCalls>,
        "redlatch blocking" => run::<RedlatchBlocking>,
        "redis-rs" => run::<RedisRs>,
        "redis-rs blocking" => run::<RedisRsBlocking>,
        "fred" => run::<Fred>,
        _ => {
            eprintln!("no client is called {client}");
            return ExitCode::FAILURE;
        }
    };
    // All of them take the process's own, which is redlatch's as well.
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.install_default().expect("the first provider");
    // The process is kept on one core; the thread that measures sleeps.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    for line in std::io::stdin().lock().lines() {
        let order = Order::read(&line.expect("an order"));
        println!("{}", obey(&runtime, &order));
    }
    ExitCode::SUCCESS
}
