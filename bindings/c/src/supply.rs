//! Material from the host: answers to `NEED`, and content at any time.

use redlatch::{
    Code, Error, Result,
    core::{MaterialKind, Secret, document},
};

use crate::{
    Batch, Bytes,
    batch::material,
    bytes::{slice, text},
    client::{Handle, input},
    guard::misuse,
};

/// Hands in content of a material: the answer to question `id`, or unasked if `id` is 0. `parts`
/// holds its parts one after the other, each behind its length (`u64`). A refusal is a `FAULT`;
/// what was good stays.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: the
/// families `trust`, `identity` and `auth`, `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `parts` must point to `parts_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_supply(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    code: u16,
    id: u64,
    parts: *const u8,
    parts_len: usize,
) -> Bytes {
    // SAFETY: the caller vouches for the bytes.
    answer(client, batch, code, id, |_| split(unsafe { slice(parts, parts_len) }?))
}

/// Answers question `id` with a failure; `why` is shown in events and errors, so it must hold no
/// secret.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `why` must point to `why_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_supply_failed(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    code: u16,
    id: u64,
    why: *const u8,
    why_len: usize,
) -> Bytes {
    // SAFETY: the caller vouches for the bytes.
    answer(client, batch, code, id, |kind| Err(kind.unavailable(unsafe { text(why, why_len) }?)))
}

/// Username and secret in force, for a host that logs in by itself: a `TEXT` record, JSON with
/// `username` and `password`, of which those are missing that the settings do not have. Without a
/// record whoever provides them is being asked: call again after the answer, or 20 ms later.
/// `auth.unavailable` says why there are none. The batch wipes them at its next use.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: the family `auth` and `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_credentials(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        let credentials = client.profile().credentials().cloned();
        let is_asked = || credentials.as_ref().is_some_and(|it| it.material.is_fetching());
        // Another client may be given the answer between what is read here and why it is not there.
        let was_asked = is_asked();
        let known = client.credentials(now);
        match known {
            Ok(None) => batch.secret(b"{}"),
            Ok(Some((username, secret))) => {
                let secret = str::from_utf8(secret.expose())
                    .map_err(|_| Error::with_detail(Code::AuthUnavailable, "it is not UTF-8"))?;
                batch.secret(document::credentials(username.as_deref(), secret, None).expose());
            }
            Err(_) if was_asked || is_asked() => {}
            Err(error) => batch.refused(&error),
        }
        Ok(())
    })
}

fn answer(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    code: u16,
    id: u64,
    content: impl FnOnce(MaterialKind) -> Result<Vec<Secret>>,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        let kind = material(code)?;
        let asked = (id != 0).then_some(id);
        let outcome = client.supply(now, kind, asked, content(kind), batch);
        // Among the outcomes: other clients' commands may have ended in the same call.
        outcome.inspect_err(|error| batch.refused(error)).ok();
        Ok(())
    })
}

pub(crate) fn split(mut rest: &[u8]) -> Result<Vec<Secret>> {
    let mut parts = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (part, more) = more.split_at_checked(length).ok_or_else(cut_off)?;
        parts.push(Secret::new(part));
        rest = more;
    }
    if rest.is_empty() { Ok(parts) } else { Err(cut_off()) }
}

fn cut_off() -> redlatch::Error {
    misuse("parts are cut off")
}
