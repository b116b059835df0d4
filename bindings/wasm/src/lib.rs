//! WebAssembly module of redlatch: translates between JavaScript and the core, and decides nothing.
//!
//! ```text
//! host/native.ts ── submit, received, tick … ──▶ client.rs ──▶ redlatch_core::Client
//!       ◀── one flat array: replies, writes, events ── output.rs ◀──┘
//! ```
//!
//! The calls are those of the extension for Node.js, and the same text: `client.rs`, `lane.rs`,
//! `output.rs` and their like are in bindings/node. Here is how arguments come in (`call.rs`), how
//! values of JavaScript are made (`primitive.rs`), and what the host lends the core (`host.rs`).

mod call;
#[path = "../../node/src/client.rs"]
mod client;
#[path = "../../node/src/error.rs"]
mod error;
mod files;
mod host;
mod imports;
#[path = "../../node/src/lane.rs"]
mod lane;
#[path = "../../node/src/mapping.rs"]
mod mapping;
#[path = "../../node/src/output.rs"]
mod output;
mod primitive;
#[path = "../../node/src/supply.rs"]
mod supply;
mod trust;
#[path = "../../node/src/value.rs"]
mod value;

use call::{Call, guard};
use error::Result;
use primitive::Value;

macro_rules! entries {
    ($($name:literal $entry:ident $body:path;)*) => {
        $(
            #[doc = concat!("`", $name, "`: the place of what it gives, or that of nothing.")]
            #[unsafe(export_name = $name)]
            pub extern "C" fn $entry() -> Value {
                let body: fn(&Call) -> Result<Value> = $body;
                guard(body)
            }
        )*
    };
}

entries! {
    "codes" codes client::codes;
    "settings" settings client::settings;
    "readBundle" read_bundle client::read_bundle;
    "inspectBundle" inspect_bundle trust::inspect;
    "mergeBundles" merge_bundles trust::merge;
    "diffBundles" diff_bundles trust::diff;
    "judgeChain" judge_chain trust::judge;
    "healthPlan" health_plan client::health_plan;
    "judgeHealth" judge_health client::judge_health;
    "exposeMetrics" expose_metrics client::expose_metrics;
    "open" open client::open;
    "submit" submit client::submit;
    "received" received client::received;
    "dialed" dialed client::dialed;
    "dialFailed" dial_failed client::dial_failed;
    "closed" closed client::closed;
    "blocked" blocked client::blocked;
    "writable" writable client::writable;
    "more" more client::more;
    "tick" tick client::tick;
    "cancel" cancel client::cancel;
    "openLane" open_lane lane::open;
    "connectLane" connect_lane lane::connect;
    "submitTo" submit_to lane::submit;
    "mapLane" map_lane lane::map;
    "send" send lane::send;
    "mayLeave" may_leave lane::may_leave;
    "shut" shut lane::shut;
    "takeBack" take_back lane::take_back;
    "supply" supply supply::supply;
    "supplyFailed" supply_failed supply::supply_failed;
    "reload" reload client::reload;
    "close" close client::close;
    "status" status client::status;
    "config" config client::config;
    "isReady" is_ready client::is_ready;
    "release" release client::release;
}
