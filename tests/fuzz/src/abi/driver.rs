//! A host of the driver contract that does what the bytes say.

use std::ptr;

use redlatch_c::*;

use super::{
    judge::Judge,
    script::Step,
    view::{Told, read},
};

#[derive(Default)]
pub(super) struct Host {
    batches: [Option<Box<Batch>>; 2],
    clients: [Option<Box<Handle>>; 2],
    /// Of all clients: a link of one means nothing to another.
    told: Told,
    ticket: u64,
    judge: Judge,
}

impl Host {
    pub(super) fn step(&mut self, step: &Step<'_>) {
        let Some(view) = self.call(step) else { return };
        let mut told = read(view);
        self.told.links.append(&mut told.links);
        self.told.lanes.append(&mut told.lanes);
        self.told.needs.append(&mut told.needs);
    }

    pub(super) fn end(self) {
        let Self { batches, clients, judge, .. } = self;
        judge.end();
        // A batch outlives its client, and the other way round.
        let [first, second] = batches;
        redlatch_batch_free(first);
        clients.into_iter().for_each(|client| redlatch_client_free(client));
        redlatch_batch_free(second);
    }

    fn call(&mut self, step: &Step<'_>) -> Option<Bytes> {
        let (batch_at, client_at) =
            (usize::from(step.handles & 1), usize::from(step.handles >> 1 & 1));
        let (data, length) = step.bytes();
        let first = step.first();
        let link = pick(&self.told.links, first).copied().unwrap_or_else(|| u64::from(first));
        let lane =
            pick(&self.told.lanes, first).copied().unwrap_or_else(|| u64::from(first)) as u32;
        let code = u16::from(first) * 5;
        if step.call % 27 >= 25 {
            return self.change(step, batch_at, client_at);
        }
        // The other half of the numbers means NULL.
        let batch = self.batches[batch_at].as_deref_mut().filter(|_| step.handles & 4 == 0);
        let client = self.clients[client_at].as_deref().filter(|_| step.handles & 8 == 0);
        let mut taken = 0;
        // SAFETY: pointers are good or NULL.
        Some(unsafe {
            match step.call % 27 {
                0 => {
                    let (records, payload) = commands(step, &mut self.ticket);
                    let lengths = (records.len(), payload.len());
                    redlatch_client_submit(
                        client,
                        batch,
                        records.as_ptr(),
                        lengths.0,
                        payload.as_ptr(),
                        lengths.1,
                    )
                }
                1 if step.handles >> 4 & 1 == 1 => {
                    let text = vec![first; TEXT];
                    let packed = [&b"*2\r\n$4\r\nECHO\r\n$200000\r\n"[..], b"\r\n"].concat();
                    self.ticket += 1;
                    let mut record = self.ticket.to_le_bytes().to_vec();
                    for field in [1, (packed.len() + TEXT) as u32, 0, 0] {
                        record.extend_from_slice(&field.to_le_bytes());
                    }
                    redlatch_client_submit_long(
                        client,
                        batch,
                        record.as_ptr(),
                        record.len(),
                        packed.as_ptr(),
                        packed.len(),
                        packed.len() - 2,
                        text.as_ptr(),
                        TEXT,
                        &raw mut taken,
                    )
                }
                1 => {
                    let (records, payload) = commands(step, &mut self.ticket);
                    let (from, to) = (payload.len() / 3, payload.len() / 2);
                    let rest = [&payload[..from], &payload[to..]].concat();
                    redlatch_client_submit_long(
                        client,
                        batch,
                        records.as_ptr(),
                        records.len(),
                        rest.as_ptr(),
                        rest.len(),
                        from + usize::from(first) / 200,
                        payload[from..to].as_ptr(),
                        to - from,
                        if first & 1 == 1 { &raw mut taken } else { ptr::null_mut() },
                    )
                }
                2 => redlatch_client_submit(client, batch, data, length, data, length),
                3 => redlatch_client_dialed(client, batch, link),
                4 => redlatch_client_dial_failed(client, batch, link, code, data, length),
                5 => {
                    let data = step.rest();
                    redlatch_client_received(client, batch, link, data.as_ptr(), data.len())
                }
                // What a friendly server says first, so that the fuzzer need not find it.
                6 => {
                    let said = WELCOME[step.rest().len() % WELCOME.len()];
                    redlatch_client_received(client, batch, link, said.as_ptr(), said.len())
                }
                7 => redlatch_client_closed(client, batch, link, code, data, length),
                8 => redlatch_client_blocked(client, batch, link),
                9 => redlatch_client_writable(client, batch, link),
                10 if step.handles >> 4 & 1 == 0 => redlatch_client_more(client, batch),
                10 => {
                    let text = vec![first; usize::from(first) << 9];
                    let ticket = self.ticket.saturating_sub(u64::from(first & 1));
                    let room = if first % 7 == 6 { ptr::null_mut() } else { &raw mut taken };
                    redlatch_client_append(client, batch, ticket, text.as_ptr(), text.len(), room)
                }
                11 => redlatch_client_tick(client, batch),
                12 => redlatch_client_connect(client, batch),
                13 => redlatch_client_cancel(
                    client,
                    batch,
                    self.ticket.saturating_sub(u64::from(first)),
                ),
                14 => redlatch_client_reload(client, batch),
                15 => redlatch_client_status(client, batch),
                16 if step.handles >> 4 & 1 == 0 => redlatch_client_config(client, batch),
                16 => redlatch_client_credentials(client, batch),
                17 => self.supply(step),
                18 => redlatch_lane_open(client, batch, u16::from(first % 6)),
                19 => redlatch_lane_connect(client, batch, lane),
                20 => {
                    let (records, payload) = commands(step, &mut self.ticket);
                    let lengths = (records.len(), payload.len());
                    redlatch_lane_submit(
                        client,
                        batch,
                        lane,
                        records.as_ptr(),
                        lengths.0,
                        payload.as_ptr(),
                        lengths.1,
                    )
                }
                21 if data.is_null() => redlatch_lane_send(client, batch, lane, data, length),
                21 => {
                    let sent = step.rest();
                    redlatch_lane_send(client, batch, lane, sent.as_ptr(), sent.len())
                }
                22 => {
                    let _ = redlatch_lane_may_leave(client, lane);
                    let mut poll = redlatch_busy_poll_new(client);
                    poll.state ^= u64::from_le_bytes([first; 8]);
                    poll = redlatch_busy_poll_waited(poll, u64::from(first) << 12);
                    assert!(poll.patience <= u64::from(u32::MAX), "a look without an end");
                    match step.handles >> 4 & 1 {
                        0 => redlatch_lane_take_back(client, batch, lane),
                        _ => redlatch_lane_finish(client, batch, lane),
                    }
                }
                23 => redlatch_lane_shut(client, batch, lane),
                24 if step.handles >> 4 & 1 == 1 => self.judge.call(step, batch),
                _ => match first % 5 {
                    0 => redlatch_codes(batch),
                    1 => redlatch_settings(batch),
                    2 => redlatch_client_close(client, batch),
                    3 => redlatch_script_hash(data, length, batch),
                    _ => redlatch_read_bundle(data, length, batch),
                },
            }
        })
    }

    /// Answers a question, or says something unasked.
    fn supply(&mut self, step: &Step<'_>) -> Bytes {
        let (material, id) = pick(&self.told.needs, step.first())
            .copied()
            .unwrap_or((u16::from(step.first() % 6), 0));
        let client = self.clients[usize::from(step.handles >> 1 & 1)].as_deref();
        let batch = self.batches[usize::from(step.handles & 1)].as_deref_mut();
        let mut parts = (step.rest().len() as u64).to_le_bytes().to_vec();
        parts.extend_from_slice(step.rest());
        let (data, length) = step.bytes();
        // SAFETY: pointers are good or NULL.
        unsafe {
            match step.handles >> 4 & 3 {
                0 => redlatch_client_supply_failed(client, batch, material, id, data, length),
                1 => redlatch_client_supply(client, batch, material, id, data, length),
                _ => {
                    redlatch_client_supply(client, batch, material, id, parts.as_ptr(), parts.len())
                }
            }
        }
    }

    /// Makes or frees a handle.
    fn change(&mut self, step: &Step<'_>, batch_at: usize, client_at: usize) -> Option<Bytes> {
        if step.call % 27 == 25 && step.handles & 4 == 0 {
            let old = self.batches[batch_at].take();
            redlatch_batch_free(old);
            self.batches[batch_at] = redlatch_batch_new();
            return None;
        }
        redlatch_client_free(self.clients[client_at].take());
        let batch = self.batches[batch_at].as_deref_mut();
        let mut out = ptr::null_mut();
        let known = SETTINGS[usize::from(step.first()) % SETTINGS.len()].as_bytes();
        let pattern = self.clients[1 - client_at].as_deref();
        let (data, length) = step.bytes();
        // Settings of the fuzzer's own may name files and commands: they are not acted upon.
        let mut is_kept = true;
        // SAFETY: pointers are good or NULL.
        let view = unsafe {
            match step.handles >> 4 {
                // Any host will do: it is the fuzzer who connects.
                1 => redlatch_client_at(pattern, data, length, 6379, batch, &raw mut out),
                2 => redlatch_wire_new(pattern, step.first() & 1 == 1, batch, &raw mut out),
                _ if step.handles & 8 == 0 => {
                    redlatch_client_new(known.as_ptr(), known.len(), false, batch, &raw mut out)
                }
                _ => {
                    is_kept = false;
                    redlatch_client_new(data, length, false, batch, &raw mut out)
                }
            }
        };
        if !out.is_null() {
            // SAFETY: it succeeded, so this is ours.
            let client = unsafe { Box::from_raw(out) };
            match is_kept {
                true => self.clients[client_at] = Some(client),
                false => redlatch_client_free(Some(client)),
            }
        }
        Some(view)
    }
}

/// Fields and commands that fit, with words from the argument.
fn commands(step: &Step<'_>, ticket: &mut u64) -> (Vec<u8>, Vec<u8>) {
    let words: Vec<_> = step.rest().split(|byte| *byte == b' ').collect();
    let mut payload = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        payload.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        payload.extend_from_slice(word);
        payload.extend_from_slice(b"\r\n");
    }
    *ticket += 1;
    let mut record = ticket.to_le_bytes().to_vec();
    for field in [1, payload.len() as u32, u32::from(step.first()), u32::from(step.handles >> 7)] {
        record.extend_from_slice(&field.to_le_bytes());
    }
    (record, payload)
}

fn pick<T>(list: &[T], at: u8) -> Option<&T> {
    list.get(usize::from(at) % list.len().max(1))
}

const WELCOME: [&[u8]; 4] = [
    b"%1\r\n$7\r\nversion\r\n$3\r\n7.0\r\n+OK\r\n+OK\r\n+PONG\r\n",
    b"%1\r\n$7\r\nversion\r\n$3\r\n7.0\r\n",
    b"+OK\r\n",
    b"-ERR unknown command\r\n",
];

const SETTINGS: [&str; 4] = [
    r#"{"protocol":3,"max_reply_bytes":4096,"max_queue":16}"#,
    r#"{"protocol":2,"password":"x","max_connections":3}"#,
    r#"{"tls":true,"provide_trust":true,"provide_credentials":true}"#,
    r#"{"tls":true,"ca_pem":"none"}"#,
];

/// So long a text may be handed in part by part.
const TEXT: usize = 200_000;
