//! Material from the host: answers to `Need`, and content at any time.

use redlatch_core::{MaterialKind, Secret};

use crate::{call::Call, client::drive, error::Result, primitive::Value};

/// `supply(client, material, id, parts)`: content of a material, in `Uint8Array`s. `id` is that of
/// the question, or 0 for content that nobody asked for.
pub(crate) fn supply(call: &Call) -> Result<Value> {
    let kind = MaterialKind::parse(&call.text(1)?)?;
    let parts = call.parts(3)?;
    answer(call, kind, Ok(parts))
}

/// `supplyFailed(client, material, id, why)`: there is no answer to the question.
pub(crate) fn supply_failed(call: &Call) -> Result<Value> {
    let kind = MaterialKind::parse(&call.text(1)?)?;
    let why = call.text(3)?;
    answer(call, kind, Err(kind.unavailable(&why)))
}

fn answer(call: &Call, kind: MaterialKind, content: Result<Vec<Secret>>) -> Result<Value> {
    let id = call.integer(2)?;
    let asked = (id != 0).then_some(id);
    drive(call, |client, out, now| {
        if let Err(error) = client.supply(now, kind, asked, content, out) {
            out.refused(&error);
        }
    })
}
