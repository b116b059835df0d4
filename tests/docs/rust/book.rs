//! Each Rust example of the book runs, in a process of its own, against a lab.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    env,
    process::{Command, exit},
};

use redlatch_lab::Lab;

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

fn main() {
    if let Ok(name) = env::var("BOOK_EXAMPLE") {
        EXAMPLES.iter().find(|(known, _)| *known == name).unwrap().1();
        return;
    }
    let mut failed = 0;
    for (name, _) in EXAMPLES {
        let lab = Lab::up();
        let output = Command::new(env::current_exe().unwrap())
            .env("BOOK_EXAMPLE", name)
            .env("REDIS_HOST", "127.0.0.1")
            .env("REDIS_PORT", lab.port().to_string())
            .env("REDIS_SSL_CA_CERTS", lab.ca_file())
            .env("REDIS_PASSWORD_FILE", lab.password_file())
            .output()
            .unwrap();
        println!("test {name} ... {}", if output.status.success() { "ok" } else { "FAILED" });
        if !output.status.success() {
            failed += 1;
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let passed = EXAMPLES.len() - failed;
    let verdict = if failed == 0 && passed > 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed");
    if verdict != "ok" {
        exit(1);
    }
}

/// A text of the reader's server, about the lab's.
fn hosted(text: &str) -> &'static str {
    let port = env::var("REDIS_PORT").unwrap();
    let hosted = text
        .replace("10.0.0.3", "127.0.0.1")
        .replace("6378", &port)
        .replace("/etc/redis-tls/ca.pem", &env::var("REDIS_SSL_CA_CERTS").unwrap())
        .replace("/etc/redis/password", &env::var("REDIS_PASSWORD_FILE").unwrap());
    // The example is a program that ends soon.
    hosted.leak()
}
