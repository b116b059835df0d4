//! Calls on what has a connection of its own beside the shared one.

use redlatch_core::{LaneId, Record, Role, resp::Tally};

use crate::{
    call::Call,
    client::{drive, with},
    error::{Result, misuse},
    host,
    mapping::Mapping,
    primitive::Value,
};

/// `openLane(client, purpose)`: the number of a lane, or an error. It is one of: a connection that
/// one caller holds (`held`), subscriptions (`listening`), or bytes of the caller's own, after login
/// (`wire`) or from the start (`bare wire`).
pub(crate) fn open(call: &Call) -> Result<Value> {
    let role = match &*call.text(1)? {
        "held" => None,
        "listening" => Some(Role::Subscriber),
        "wire" => Some(Role::Raw { login: true }),
        "bare wire" => Some(Role::Raw { login: false }),
        _ => return Err(misuse("a lane of no known purpose")),
    };
    let opened = with(call, |driven| {
        let lane = match role {
            None => driven.client.lend(host::now()),
            Some(role) => driven.client.open(host::now(), role),
        };
        if let (Ok(lane), Some(Role::Raw { .. })) = (&lane, role) {
            driven.tallies.insert(*lane, Tally::default());
        }
        lane
    })?;
    match opened {
        Ok(lane) => Ok(call.values()?.integer(lane.into())),
        Err(error) => Ok(call.values()?.failure(&error)),
    }
}

/// `connectLane(client, lane)`.
pub(crate) fn connect(call: &Call) -> Result<Value> {
    let lane = number(call)?;
    drive(call, |client, out, now| client.connect_to(now, lane, out))
}

/// `submitTo(client, lane, records, recordsLength, payload, payloadLength)`.
pub(crate) fn submit(call: &Call) -> Result<Value> {
    let (lane, payload) = (number(call)?, call.bytes(4)?.to_vec());
    let records: Vec<Record> = Record::unpack(call.bytes(2)?).collect();
    drive(call, |client, out, now| {
        out.wishes().of_records(&records);
        client.submit_to(now, lane, records, payload, out);
    })
}

/// `mapLane(client, lane, mapping)`: what types of messages become from now on.
pub(crate) fn map(call: &Call) -> Result<Value> {
    let (lane, mapping) = (number(call)?, Mapping::of(call.integer(2)? as u32));
    drive(call, |_, out, _| out.wishes().of_lane(lane, mapping))
}

/// `send(client, lane, bytes, length)`: bytes of the caller's own.
pub(crate) fn send(call: &Call) -> Result<Value> {
    let (lane, bytes) = (number(call)?, call.bytes(2)?);
    drive(call, |client, out, now| {
        out.sent(lane, bytes);
        if let Err(error) = client.send(now, lane, bytes, out) {
            out.refused(&error);
        }
    })
}

/// `mayLeave(client, lane)`: whether it had better be left, and owes nobody a reply.
pub(crate) fn may_leave(call: &Call) -> Result<Value> {
    let lane = number(call)?;
    let may_leave = with(call, |driven| {
        driven.client.is_stale(lane) && driven.tallies.get(&lane).is_none_or(Tally::is_even)
    })?;
    Ok(call.values()?.boolean(may_leave))
}

/// `shut(client, lane)`: closes it.
pub(crate) fn shut(call: &Call) -> Result<Value> {
    let lane = number(call)?;
    drive(call, |client, out, now| {
        client.shut(now, lane, out);
        out.shut(lane);
    })
}

/// `takeBack(client, lane)`: whoever held it is done.
pub(crate) fn take_back(call: &Call) -> Result<Value> {
    let lane = number(call)?;
    drive(call, |client, out, now| client.take_back(now, lane, out))
}

fn number(call: &Call) -> Result<LaneId> {
    LaneId::try_from(call.integer(1)?).map_err(|_| misuse("there is no such lane"))
}
