//! The tools beside the library, run as people run them: bundles, watch and bench.

mod bench;
mod check;
mod diff;
mod follow;
mod merge;
mod program;
mod pty;
mod show;
mod watch;
