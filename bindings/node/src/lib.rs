//! Node.js extension of redlatch: translates between Node-API and the core, and decides nothing.
//!
//! ```text
//! node/src/engine.ts ── submit, received, tick … ──▶ client.rs ──▶ redlatch_core::Client
//!          ◀── one flat array: replies, writes, events ── output.rs ◀──┘
//! ```
//!
//! Every function takes its client as a number, checks the type of each argument, and turns a
//! panic into an `internal.panic` error: nothing that JavaScript passes can crash the process.

mod call;
mod client;
mod doctor;
mod error;
mod host;
mod instance;
mod lane;
mod mapping;
mod output;
mod primitive;
mod supply;
mod throw;
mod value;

use std::ptr;

use napi_sys as sys;

use call::{Call, guard};
use error::Result;
use instance::{Instance, release_instance};

/// Called by Node when the file is loaded, once per thread of JavaScript.
///
/// # Safety
/// Only for Node-API.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(
    env: sys::napi_env,
    exports: sys::napi_value,
) -> sys::napi_value {
    #[cfg(target_env = "msvc")]
    {
        // SAFETY: the host's symbols are loaded once, before any of them is called.
        std::mem::forget(unsafe { sys::setup() });
    }
    let instance = Box::into_raw(Box::new(Instance::default()));
    // SAFETY: `env` is live; Node hands the box back to `release_instance` once.
    let status = unsafe {
        sys::napi_set_instance_data(env, instance.cast(), Some(release_instance), ptr::null_mut())
    };
    if status != sys::Status::napi_ok {
        // SAFETY: Node did not take the box.
        drop(unsafe { Box::from_raw(instance) });
        return exports;
    }
    for (name, entry) in ENTRIES {
        let mut function = ptr::null_mut();
        // SAFETY: name and entry are static; `exports` is live for this call.
        unsafe {
            sys::napi_create_function(
                env,
                name.as_ptr().cast(),
                name.len() as isize - 1,
                Some(*entry),
                ptr::null_mut(),
                &mut function,
            );
            // The names are literals that end in NUL.
            sys::napi_set_named_property(env, exports, name.as_ptr().cast(), function);
        }
    }
    exports
}

type Entry = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

macro_rules! entries {
    ($($name:literal $entry:ident $body:path;)*) => {
        $(unsafe extern "C" fn $entry(
            env: sys::napi_env,
            info: sys::napi_callback_info,
        ) -> sys::napi_value {
            let body: fn(&Call) -> Result<sys::napi_value> = $body;
            // SAFETY: Node passes a live environment and the information of this call.
            unsafe { guard(env, info, body) }
        })*

        const ENTRIES: &[(&str, Entry)] = &[$((concat!($name, "\0"), $entry),)*];
    };
}

entries! {
    "install" install instance::install;
    "codes" codes client::codes;
    "settings" settings client::settings;
    "readBundle" read_bundle client::read_bundle;
    "examine" examine doctor::examine;
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
