//! What redlatch does when the lab rotates what the other tests do not.

mod load;
mod mtls;
mod password;
mod relay;
mod revocation;

const PROGRAM: &str = env!("CARGO_BIN_EXE_redlatch");
