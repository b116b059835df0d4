//! The clients of one thread of JavaScript, and the calls on them.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use redlatch_core::{
    Action, Client, LaneId, Link, Now, Record, Role, document, health, metrics, resp::Tally,
};

use crate::{
    call::Call,
    error::{Result, misuse, of_socket},
    host,
    output::{Output, Wishes},
    primitive::Value,
};

/// The clients of one thread of JavaScript.
#[derive(Default)]
pub(crate) struct Clients {
    /// Empty while a call is under way, and after a call that panicked.
    all: RefCell<BTreeMap<u64, Option<Box<Driven>>>>,
    last: Cell<u64>,
}

pub(crate) struct Driven {
    pub(crate) client: Client,
    /// When JavaScript will call `tick`.
    armed: Option<Duration>,
    wishes: Wishes,
    /// Of lanes of raw bytes.
    pub(crate) tallies: HashMap<LaneId, Tally>,
    /// A long write that `more` fetches.
    long: Option<(Link, Vec<u8>)>,
}

/// `codes()`: the table of error codes, as JSON.
pub(crate) fn codes(call: &Call) -> Result<Value> {
    Ok(call.bare().text(document::codes().as_bytes()))
}

/// `settings()`: the table of settings, as JSON.
pub(crate) fn settings(call: &Call) -> Result<Value> {
    Ok(call.bare().text(document::settings_table().as_bytes()))
}

/// `readBundle(bytes, length)`: what a CA bundle holds, as JSON, or an error.
pub(crate) fn read_bundle(call: &Call) -> Result<Value> {
    match host::read_bundle(call.bytes(0)?) {
        Ok(bundle) => Ok(call.bare().text(document::bundle(&bundle).as_bytes())),
        Err(error) => Ok(call.values()?.failure(&error)),
    }
}

/// `healthPlan()`: the commands of a judgement of health, and the limit for their answers, as JSON.
pub(crate) fn health_plan(call: &Call) -> Result<Value> {
    Ok(call.bare().text(health::plan().as_bytes()))
}

/// `judgeHealth(status, outcome, readOnly)`: documents in and out, or an error.
pub(crate) fn judge_health(call: &Call) -> Result<Value> {
    match health::judge(&call.text(0)?, &call.text(1)?, call.flag(2)?) {
        Ok(health) => Ok(call.bare().text(health.as_bytes())),
        Err(error) => Ok(call.values()?.failure(&error)),
    }
}

/// `exposeMetrics(statuses)`: a JSON array in; Prometheus's text format, or an error.
pub(crate) fn expose_metrics(call: &Call) -> Result<Value> {
    match metrics::expose(&call.text(0)?) {
        Ok(text) => Ok(call.bare().text(text.as_bytes())),
        Err(error) => Ok(call.values()?.failure(&error)),
    }
}

/// `open(settings, fromEnv)`: the number of a new client, or an error.
pub(crate) fn open(call: &Call) -> Result<Value> {
    let (text, from_env) = (call.text(0)?, call.flag(1)?);
    let clients = call.clients()?;
    let profile = document::settings(&text).and_then(|settings| host::open(&settings, from_env));
    let profile = match profile {
        Ok(profile) => profile,
        Err(error) => return Ok(call.values()?.failure(&error)),
    };
    let client = Client::new(profile, Role::Shared, host::seed(), host::now());
    let driven = Box::new(Driven {
        client,
        armed: None,
        wishes: Wishes::default(),
        tallies: HashMap::new(),
        long: None,
    });
    let number = clients.last.get() + 1;
    clients.last.set(number);
    clients.all.borrow_mut().insert(number, Some(driven));
    Ok(call.values()?.integer(number as i64))
}

/// `submit(client, records, recordsLength, payload, payloadLength)`.
pub(crate) fn submit(call: &Call) -> Result<Value> {
    let (records, payload) = (call.bytes(1)?, call.bytes(3)?.to_vec());
    let records: Vec<Record> = Record::unpack(records).collect();
    drive(call, |driven, out, now| {
        out.wishes().of_records(&records);
        driven.submit(now, records, payload, out);
    })
}

/// `received(client, link, bytes, length)`.
pub(crate) fn received(call: &Call) -> Result<Value> {
    let (link, bytes) = (call.integer(1)?, call.bytes(2)?);
    drive(call, |client, out, now| client.received(now, link, bytes, out))
}

/// `dialed(client, link)`.
pub(crate) fn dialed(call: &Call) -> Result<Value> {
    let link = call.integer(1)?;
    drive(call, |client, out, now| client.dialed(now, link, out))
}

/// `dialFailed(client, link, code, text)`.
pub(crate) fn dial_failed(call: &Call) -> Result<Value> {
    let (link, error) = (call.integer(1)?, of_socket(&call.text(2)?, call.text(3)?));
    drive(call, |client, out, now| client.dial_failed(now, link, error, out))
}

/// `closed(client, link, code, text)`: an empty code means that the peer ended the connection.
pub(crate) fn closed(call: &Call) -> Result<Value> {
    let (link, code, text) = (call.integer(1)?, call.text(2)?, call.text(3)?);
    let error = (!code.is_empty()).then(|| of_socket(&code, text));
    drive(call, |client, out, now| client.closed(now, link, error, out))
}

/// `blocked(client, link)`.
pub(crate) fn blocked(call: &Call) -> Result<Value> {
    let link = call.integer(1)?;
    drive(call, |client, _, _| client.blocked(link))
}

/// `writable(client, link)`.
pub(crate) fn writable(call: &Call) -> Result<Value> {
    let link = call.integer(1)?;
    drive(call, |client, out, now| client.writable(now, link, out))
}

/// `more(client, buffer)`: what an output has announced. A long write comes in the buffer if it fits.
pub(crate) fn more(call: &Call) -> Result<Value> {
    let staged = with(call, |driven| -> Result<_> {
        let Some((link, bytes)) = &driven.long else { return Ok(None) };
        let staged = call.fill(1, bytes)?.then_some((*link, bytes.len()));
        if staged.is_some() {
            driven.long = None;
        }
        Ok(staged)
    })??;
    drive(call, |_, out, _| {
        if let Some((link, length)) = staged {
            out.staged(link, length);
        }
    })
}

/// `tick(client)`: the time that was asked for has come.
pub(crate) fn tick(call: &Call) -> Result<Value> {
    with(call, |driven| driven.armed = None)?;
    drive(call, |client, out, now| client.tick(now, out))
}

/// `cancel(client, ticket)`.
pub(crate) fn cancel(call: &Call) -> Result<Value> {
    let ticket = call.integer(1)?;
    drive(call, |client, out, now| {
        client.cancel(now, ticket, out);
        out.wishes().forget(ticket);
    })
}

/// `reload(client)`.
pub(crate) fn reload(call: &Call) -> Result<Value> {
    drive(call, |client, out, now| client.reload(now, out))
}

/// `close(client)`.
pub(crate) fn close(call: &Call) -> Result<Value> {
    drive(call, |client, out, now| client.close(now, out))
}

/// `status(client)`: as JSON.
pub(crate) fn status(call: &Call) -> Result<Value> {
    let document = with(call, |driven| driven.client.status(host::now()))?;
    Ok(call.values()?.text(document.as_bytes()))
}

/// `config(client)`: the settings in force, as JSON.
pub(crate) fn config(call: &Call) -> Result<Value> {
    let document = with(call, |driven| document::config(driven.client.profile().config()))?;
    Ok(call.values()?.text(document.as_bytes()))
}

/// `isReady(client)`.
pub(crate) fn is_ready(call: &Call) -> Result<Value> {
    let ready = with(call, |driven| driven.client.is_ready())?;
    Ok(call.values()?.boolean(ready))
}

/// `release(client)`: forgets it; unknown numbers are fine.
pub(crate) fn release(call: &Call) -> Result<Value> {
    let number = call.integer(0)?;
    call.clients()?.all.borrow_mut().remove(&number);
    Ok(call.bare().undefined())
}

/// Hands a client its input, and JavaScript what comes of it.
pub(crate) fn drive(
    call: &Call,
    input: impl FnOnce(&mut Client, &mut Output<'_>, Now),
) -> Result<Value> {
    let values = call.values()?;
    with(call, |driven| {
        let now = host::now();
        let mut out = Output::new(values, &mut driven.wishes, &mut driven.tallies);
        if let Some((link, bytes)) = driven.long.take() {
            // Nobody fetched it, and nothing may overtake it.
            out.action(Action::Write { link, bytes });
        }
        let client = &mut driven.client;
        input(client, &mut out, now);
        let mut has_more = false;
        while let Some(action) = client.poll_action() {
            match action {
                // The server works on it while the next one is made, and all use the same memory.
                Action::Write { link, bytes } if bytes.len() >= LONG_WRITE => {
                    driven.long = Some((link, bytes));
                    has_more = true;
                    break;
                }
                action => out.action(action),
            }
        }
        while let Some(event) = client.poll_event() {
            out.event(&event);
        }
        if let Some(next) = client.deadline()
            && driven.armed.is_none_or(|armed| next < armed)
        {
            driven.armed = Some(next);
            let wait = next.saturating_sub(now.monotonic);
            out.wake(wait.as_millis().clamp(0, LONGEST_WAIT) as u64 + 1);
        }
        if has_more {
            out.more();
        }
        out.finish()
    })
}

/// Takes the client out of its place, so that a call from within a call finds it gone, and a panic
/// leaves nothing half done behind.
pub(crate) fn with<T>(call: &Call, body: impl FnOnce(&mut Driven) -> T) -> Result<T> {
    let (number, clients) = (call.integer(0)?, &call.clients()?.all);
    let taken = clients.borrow_mut().get_mut(&number).and_then(Option::take);
    let mut driven = taken.ok_or_else(|| misuse("there is no such client, or it is in use"))?;
    let outcome = body(&mut driven);
    if let Some(place) = clients.borrow_mut().get_mut(&number) {
        *place = Some(driven);
    }
    Ok(outcome)
}

/// So much is worth a call of its own.
const LONG_WRITE: usize = 1 << 15;
/// Node's timers take 31 bits.
const LONGEST_WAIT: u128 = 0x3fff_ffff;
