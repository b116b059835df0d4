//! The calls on a client: one for each input of the core.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, MutexGuard},
};

use redlatch::{
    Code, Error, Result, clock,
    core::{
        Admission, Client, LaneId, LongCommand, MAIN, Now, Record, Role, document, resp::Tally,
    },
    open, seed,
};

use crate::{
    Batch, Bytes,
    bytes::{slice, text},
    guard::{guard, misuse, quiet},
};

/// One client, shared by all callers of the host.
pub struct Handle(Mutex<Driven>);

pub(crate) struct Driven {
    pub(crate) client: Client,
    /// Of wires.
    pub(crate) tallies: BTreeMap<LaneId, Tally>,
}

impl Handle {
    /// A main lane of raw bytes is counted, too.
    pub(crate) fn new(client: Client) -> Self {
        let tallies = BTreeMap::from([(MAIN, Tally::default())]);
        Self(Mutex::new(Driven { client, tallies }))
    }
}

/// Makes a client from settings, one JSON object, and, if `from_env`, the environment. It connects
/// when it is first used. On success `*out` is the client; otherwise the batch holds the error.
///
/// Ownership: the client is freed by `redlatch_client_free`; settings are borrowed for the call, the
/// view belongs to the batch.
/// NULL: settings may be NULL if their length is 0; a batch or `out` that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: the `config` family and `client.misuse`, as a
/// `FAULT`.
///
/// # Safety
/// `settings` must point to `settings_len` bytes, and `out` to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_new(
    settings: *const u8,
    settings_len: usize,
    from_env: bool,
    batch: Option<&mut Batch>,
    out: *mut *mut Handle,
) -> Bytes {
    guard(batch, |batch| {
        if out.is_null() {
            return Err(misuse("out is NULL"));
        }
        // SAFETY: the caller vouches for the bytes.
        let document = unsafe { text(settings, settings_len) }?;
        let settings = document::settings(document)?;
        let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let profile = open(settings, from_env)?;
        let now = clock::now();
        let mut client = Client::new(profile, Role::Shared, seed(), now);
        batch.finish(&mut client, now, Admission::Go);
        let handle = Box::into_raw(Box::new(Handle::new(client)));
        // SAFETY: not NULL, and the caller vouches for the room.
        unsafe { out.write(handle) };
        Ok(())
    })
}

/// Frees a client without a word to the server; see `redlatch_client_close`. NULL is fine.
///
/// Ownership: takes the client; call it once. NULL: fine. Threads: any, after all calls of others
/// have returned. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_free(client: Option<Box<Handle>>) {
    quiet(|| drop(client));
}

/// Hands in commands. `records` are fields packed without gaps, 24 bytes each: `ticket u64,
/// commands u32, length u32, timeout_ms u32, flags u32`. Tickets grow from record to record.
/// `timeout_ms` 0 means the client's, `UINT32_MAX` none; flag 1 allows the record to be sent again.
/// `payload` holds the packed RESP commands of all records, one after the other.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
/// commands are `FAILURE` records.
///
/// # Safety
/// Both pointers must point to as many bytes as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_submit(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    records: *const u8,
    records_len: usize,
    payload: *const u8,
    payload_len: usize,
) -> Bytes {
    admit(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for both.
        let (records, payload) =
            unsafe { (slice(records, records_len)?, slice(payload, payload_len)?) };
        Ok(client.submit(now, pack(records)?, payload.to_vec(), batch))
    })
}

/// As `redlatch_client_submit`, with a long text that need not be copied into the payload first: its
/// bytes come behind the first `at` bytes of the payload, and count as bytes of its record.
///
/// With room for `*taken` the client may take only the start of the text, which leaves while the rest
/// is with the host: it says how many bytes it took. The host hands in the others, in order, by
/// `redlatch_client_append`; what is asked of the client meanwhile waits.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; without `taken` all of the text is taken; a client or
/// batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
/// commands are `FAILURE` records.
///
/// # Safety
/// The first three pointers must point to as many bytes as is said, `taken` to room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_submit_long(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    records: *const u8,
    records_len: usize,
    payload: *const u8,
    payload_len: usize,
    at: usize,
    long: *const u8,
    long_len: usize,
    taken: *mut usize,
) -> Bytes {
    admit(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for all three.
        let (records, payload, long) = unsafe {
            (slice(records, records_len)?, slice(payload, payload_len)?, slice(long, long_len)?)
        };
        let (before, behind) =
            payload.split_at_checked(at).ok_or_else(|| misuse("the payload ends before `at`"))?;
        let records: Vec<Record> = pack(records)?.collect();
        let command = LongCommand { before, text: long, behind };
        if taken.is_null() {
            return Ok(client.submit(now, records, command.packed(), batch));
        }
        let (admission, count) = client.submit_long(now, &records, command, batch);
        // SAFETY: not NULL, and the caller vouches for the room.
        unsafe { taken.write(count) };
        Ok(admission)
    })
}

/// Hands in what follows of a long text that `redlatch_client_submit_long` has not taken yet. `*taken` is
/// how many bytes of it were: as many as the server is to get next, or all if the command has ended. The
/// next call comes when what this one asks for is done.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: the text may be NULL if its length is 0; a client, batch or `taken` that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `text` must point to `len` bytes, `taken` to room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_append(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    ticket: u64,
    text: *const u8,
    len: usize,
    taken: *mut usize,
) -> Bytes {
    input(client, batch, |client, _, _| {
        // SAFETY: the caller vouches for the room.
        let taken = unsafe { taken.as_mut() }.ok_or_else(|| misuse("taken is NULL"))?;
        // SAFETY: the caller vouches for the bytes.
        *taken = client.append(ticket, unsafe { slice(text, len) }?);
        Ok(())
    })
}

/// Gives up the command with this ticket. It gets neither reply nor failure any more.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_cancel(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    ticket: u64,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.cancel(now, ticket, batch);
        Ok(())
    })
}

/// What the view before has announced with `more`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_more(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |_, _, _| Ok(()))
}

/// The deadline of a view has come.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_tick(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.tick(now, batch);
        Ok(())
    })
}

/// Connects now and stays connected, commands or not.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_connect(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.connect(now, batch);
        Ok(())
    })
}

/// Looks at all watched files now.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_reload(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.reload(now, batch);
        Ok(())
    })
}

/// Fails what is waiting, says goodbye to the server, and takes nothing more.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_close(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.close(now, batch);
        Ok(())
    })
}

/// A snapshot of the client, as JSON in a `TEXT` record.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_status(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        let client = client.ok_or_else(|| misuse("the client is NULL"))?;
        let status = lock(client)?.client.status(clock::now());
        batch.text(&status);
        Ok(())
    })
}

/// The settings in force, as JSON in a `TEXT` record: each by its name in the table, durations in
/// seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_config(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        let client = client.ok_or_else(|| misuse("the client is NULL"))?;
        let config = document::config(lock(client)?.client.profile().config());
        batch.text(&config);
        Ok(())
    })
}

pub(crate) fn input(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    body: impl FnOnce(&mut Client, Now, &mut Batch) -> Result<()>,
) -> Bytes {
    admit(client, batch, |client, now, batch| body(client, now, batch).map(|()| Admission::Go))
}

pub(crate) fn admit(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    body: impl FnOnce(&mut Client, Now, &mut Batch) -> Result<Admission>,
) -> Bytes {
    guard(batch, |batch| {
        let client = client.ok_or_else(|| misuse("the client is NULL"))?;
        let mut driven = lock(client)?;
        let Driven { client, tallies } = &mut *driven;
        let now = clock::now();
        // The batch counts what passes through wires.
        mem::swap(&mut batch.tallies, tallies);
        let outcome = body(client, now, batch);
        mem::swap(&mut batch.tallies, tallies);
        batch.finish(client, now, outcome?);
        Ok(())
    })
}

/// A client in which something panicked is not used again.
pub(crate) fn lock(client: &Handle) -> Result<MutexGuard<'_, Driven>> {
    client.0.lock().map_err(|_| Error::with_detail(Code::InternalPanic, "in an earlier call"))
}

/// The fields of records.
pub(crate) fn pack(records: &[u8]) -> Result<impl Iterator<Item = Record>> {
    match records.len().is_multiple_of(Record::PACKED) {
        true => Ok(Record::unpack(records)),
        false => Err(misuse("records are cut off")),
    }
}
