//! The blocking client: what a plain C program uses, sockets included.

mod arguments;
mod failure;
mod health;
mod kind;
mod pipeline;
mod shelf;
mod value;

use std::ffi::c_char;

use redlatch::{
    Client, Result,
    core::{
        Secret,
        config::Value as Setting,
        document,
        resp::{begin_command, push_argument},
    },
    open_apart,
};

pub use failure::*;
pub use health::*;
pub use kind::{Kind, Retry};
pub use pipeline::*;
pub use value::*;

use crate::{
    batch::material,
    guard::{misuse, quiet},
};
use arguments::{Parts, text_of};
use failure::attempt;
use shelf::Shelf;

/// One server, and as many connections to it as threads are busy with it at once.
pub struct Redis {
    client: Client,
    shelf: Shelf,
}

/// Opens a client of the server that `settings` name: a URL such as
/// `rediss://10.0.0.3:6378?ca_file=/etc/redis-tls/ca.pem`, or one JSON object of settings by their
/// names in the table.
///
/// Nothing is connected, and no file is read, before the first call. One client serves a whole
/// program: its calls share what was read of files, and TLS sessions. Nothing outlives it.
///
/// Ownership: on success `*out` is the client, to be ended by `redlatch_close`. `settings` are copied.
/// NULL: neither may be NULL.
/// Threads: any; the client may be used by any number of threads at once. After `fork` the child
/// opens a client of its own and leaves that of the parent alone.
/// Errors: the `config` family, `client.misuse`. NULL is success.
///
/// # Safety
/// `settings` must end with a NUL, and `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_open(
    settings: *const c_char,
    out: *mut *mut Redis,
) -> Option<Box<Failure>> {
    attempt(|| {
        if settings.is_null() {
            return Err(misuse("the settings are NULL"));
        }
        // SAFETY: the caller vouches for both.
        unsafe { opened(settings, false, out) }
    })
}

/// As `redlatch_open`, and what `settings` leave out is taken from the environment: `REDIS_URL`, or
/// `REDIS_HOST`, `REDIS_PORT`, `REDIS_PASSWORD_FILE`, `REDIS_SSL_CA_CERTS` and their siblings.
///
/// Ownership: on success `*out` is the client, to be ended by `redlatch_close`. `settings` are copied.
/// NULL: `settings` may be NULL, `out` may not.
/// Threads: as for `redlatch_open`; other threads must not change the environment meanwhile.
/// Errors: as for `redlatch_open`.
///
/// # Safety
/// `settings` must end with a NUL, or be NULL; `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_open_from_env(
    settings: *const c_char,
    out: *mut *mut Redis,
) -> Option<Box<Failure>> {
    // SAFETY: the caller vouches for both.
    attempt(|| unsafe { opened(settings, true, out) })
}

/// Runs one command, and waits for its reply.
///
/// `argv` holds `argc` arguments, the command's name first, and `argvlen` their lengths; with
/// `argvlen` NULL each ends with a NUL. `timeout_ms` 0 means the setting `timeout`, `UINT32_MAX` no
/// limit. A signal does not end the wait.
///
/// Commands that change what later ones mean (`SELECT`, `WATCH`, `SUBSCRIBE`, `MULTI` without `EXEC`
/// in the same pipeline) are `client.misuse`: each call may use another connection.
///
/// Ownership: on success `*out` is the reply, to be freed by `redlatch_value_free`. Arguments are
/// copied.
/// NULL: `out` may be NULL if the reply is of no interest; client and arguments may not.
/// Threads: any number at once, each on a connection of its own, up to `max_connections`.
/// Errors: what the server answered, its text kept; and any code of the families `trust`, `identity`,
/// `auth`, `tls`, `net`, `protocol`, `server` and `client`. NULL is success.
///
/// # Safety
/// `argv` must point to `argc` pointers, `argvlen`, unless NULL, to `argc` lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_call(
    redis: Option<&Redis>,
    argc: usize,
    argv: *const *const c_char,
    argvlen: *const usize,
    timeout_ms: u32,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    attempt(|| {
        let redis = alive(redis)?;
        // SAFETY: the caller vouches for the arguments.
        let payload = unsafe { packed(argc, argv, argvlen) }?;
        let value = redis.shelf.run(payload, 1, timeout_ms)?.into_single()?;
        // SAFETY: the caller vouches for the room.
        unsafe { value.give(out) };
        Ok(())
    })
}

/// A snapshot of the connection that was used last, of those that no call is using: a string, which
/// is a JSON object with its state, the server's certificate and the CA that verified it, what ends
/// when, and the counters of all.
///
/// Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
/// NULL: neither may be NULL.
/// Threads: any.
/// Errors: `client.misuse`. NULL is success.
///
/// # Safety
/// `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_status(
    redis: Option<&Redis>,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    // SAFETY: the caller vouches for the room.
    attempt(|| unsafe { tell(redis, out, |redis| Value::text(redis.shelf.status())) })
}

/// The settings in force: a string, which is a JSON object of each by its name in the table,
/// durations in seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
///
/// Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
/// NULL: neither may be NULL.
/// Threads: any.
/// Errors: `client.misuse`. NULL is success.
///
/// # Safety
/// `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_config(
    redis: Option<&Redis>,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    // SAFETY: the caller vouches for the room.
    attempt(|| unsafe { tell(redis, out, |redis| Value::text(redis.client.config())) })
}

/// What happened since the last time, oldest first: an array of strings, each a JSON object with
/// `kind`, `at` and what belongs to the kind. The latest 1024 are kept.
///
/// Ownership: on success `*out` is the array, to be freed by `redlatch_value_free`.
/// NULL: neither may be NULL.
/// Threads: any; each event is given to one of them.
/// Errors: `client.misuse`. NULL is success.
///
/// # Safety
/// `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_events(
    redis: Option<&Redis>,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    // SAFETY: the caller vouches for the room.
    attempt(|| unsafe {
        tell(redis, out, |redis| {
            Value::list(redis.shelf.events().into_iter().map(Value::text).collect())
        })
    })
}

/// Looks at all watched files now, not only when `poll_interval` is over. Connections follow at their
/// next use.
///
/// Ownership: borrows the client.
/// NULL: the client may not be NULL.
/// Threads: any.
/// Errors: `client.misuse`, `client.queue_full`. What is wrong with a file is told by an event. NULL
/// is success.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_reload(redis: Option<&Redis>) -> Option<Box<Failure>> {
    attempt(|| alive(redis)?.shelf.reload())
}

/// Hands in content of a material (`REDLATCH_TRUST`, …), in place of what its source gave: `count`
/// parts and their lengths; with `lengths` NULL each part ends with a NUL. A file that was watched is
/// not looked at any more. Connections follow at their next use.
///
/// Ownership: the parts are copied.
/// NULL: only `lengths` may be NULL.
/// Threads: any.
/// Errors: why it cannot be used, of the families `trust`, `identity` and `auth`, and what was good
/// stays; `client.misuse`. NULL is success.
///
/// # Safety
/// `parts` must point to `count` pointers, `lengths`, unless NULL, to `count` lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_supply(
    redis: Option<&Redis>,
    material_number: u16,
    count: usize,
    parts: *const *const c_char,
    lengths: *const usize,
) -> Option<Box<Failure>> {
    attempt(|| {
        let redis = alive(redis)?;
        // SAFETY: the caller vouches for the parts.
        let parts = unsafe { Parts::new(count, parts, lengths) }?;
        let content = parts.iter().map(|part| part.map(Secret::new)).collect::<Result<_>>()?;
        redis.client.supply(material(material_number)?, content)
    })
}

/// Says goodbye to the server on each connection, and frees the client. No thread may be using it.
///
/// Ownership: takes the client; call it once.
/// NULL: fine.
/// Threads: any, after all calls of others have returned.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_close(redis: Option<Box<Redis>>) {
    quiet(|| {
        if let Some(redis) = redis {
            redis.shelf.close();
        }
    });
}

/// # Safety
/// `settings` must end with a NUL, or be NULL; `out` must point to room for a pointer, or be NULL.
unsafe fn opened(settings: *const c_char, from_env: bool, out: *mut *mut Redis) -> Result<()> {
    if out.is_null() {
        return Err(misuse("out is NULL"));
    }
    // SAFETY: the caller vouches for it.
    let settings = match unsafe { text_of(settings) }? {
        None => Vec::new(),
        Some(text) if text.trim_start().starts_with('{') => document::settings(text)?,
        Some(url) => vec![("url".to_owned(), Setting::Text(url.to_owned()))],
    };
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let client = Client::from(open_apart(settings, from_env)?);
    let shelf = Shelf::new(client.profile().clone());
    // SAFETY: not NULL, and the caller vouches for the room.
    unsafe { out.write(Box::into_raw(Box::new(Redis { client, shelf }))) };
    Ok(())
}

/// Gives what a client tells.
///
/// # Safety
/// `out` must point to room for a pointer, or be NULL.
unsafe fn tell(
    redis: Option<&Redis>,
    out: *mut *mut Value,
    told: impl FnOnce(&Redis) -> Value,
) -> Result<()> {
    let redis = alive(redis)?;
    if out.is_null() {
        return Err(misuse("out is NULL"));
    }
    // SAFETY: not NULL, and the caller vouches for the room.
    unsafe { told(redis).give(out) };
    Ok(())
}

fn alive(redis: Option<&Redis>) -> Result<&Redis> {
    redis.ok_or_else(|| misuse("the client is NULL"))
}

/// One command in RESP.
///
/// # Safety
/// As for [`redlatch_call`].
unsafe fn packed(
    argc: usize,
    argv: *const *const c_char,
    argvlen: *const usize,
) -> Result<Vec<u8>> {
    // SAFETY: the caller vouches for the arguments.
    let arguments = unsafe { Parts::new(argc, argv, argvlen) }?;
    let mut payload = Vec::new();
    begin_command(&mut payload, argc);
    for argument in arguments.iter() {
        push_argument(&mut payload, argument?);
    }
    Ok(payload)
}
