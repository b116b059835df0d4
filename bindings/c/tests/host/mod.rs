//! A host of the tests: reads views, and answers as a server would.
#![allow(dead_code, reason = "each test uses a part")]

use std::ptr;

use redlatch_c::*;
use serde_json::Value as Json;

/// One record of a view.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) kind: u8,
    pub(crate) code: u16,
    pub(crate) id: u64,
    pub(crate) body: Vec<u8>,
    /// What a `WRITE` sends.
    pub(crate) sent: Vec<u8>,
}

impl Seen {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

pub(crate) fn records(view: Bytes) -> Vec<Seen> {
    // SAFETY: the batch of the view has not been used since.
    let view = unsafe { std::slice::from_raw_parts(view.data, view.len) };
    let mut rest = &view[REDLATCH_HEADER..];
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let end = REDLATCH_RECORD + number(rest, 16) as usize;
        let (kind, body) = (rest[0], &rest[REDLATCH_RECORD..end]);
        let sent = match kind {
            REDLATCH_WRITE => {
                let (data, length) = (number(body, 0), number(body, 8));
                // SAFETY: what a `WRITE` points to lives as long as the view.
                unsafe { std::slice::from_raw_parts(data as *const u8, length as usize) }
            }
            _ => &[],
        };
        seen.push(Seen {
            kind,
            code: u16::from_le_bytes([rest[2], rest[3]]),
            id: number(rest, 8),
            body: body.to_vec(),
            sent: sent.to_vec(),
        });
        rest = &rest[end..];
    }
    seen
}

pub(crate) fn fault(view: Bytes) -> String {
    match &records(view)[..] {
        [only] if only.kind == REDLATCH_FAULT => only.json()["code"].as_str().unwrap().to_owned(),
        other => format!("{other:?}"),
    }
}

pub(crate) fn open(settings: &str, batch: &mut Batch) -> (*mut Handle, Bytes) {
    let mut client = ptr::null_mut();
    // SAFETY: both pointers are good.
    let view = unsafe {
        redlatch_client_new(settings.as_ptr(), settings.len(), false, Some(batch), &raw mut client)
    };
    (client, view)
}

pub(crate) fn record(ticket: u64, length: usize) -> Vec<u8> {
    let mut packed = ticket.to_le_bytes().to_vec();
    for field in [1, length as u32, 0, 0] {
        packed.extend_from_slice(&field.to_le_bytes());
    }
    packed
}

pub(crate) fn submit(client: &Handle, batch: &mut Batch, records: &[u8], payload: &[u8]) -> Bytes {
    let (from, length) = (payload.as_ptr(), payload.len());
    // SAFETY: both pointers are good.
    unsafe {
        redlatch_client_submit(
            Some(client),
            Some(batch),
            records.as_ptr(),
            records.len(),
            from,
            length,
        )
    }
}

/// What comes out until the pretended server has nothing to answer.
pub(crate) fn converse(client: &Handle, batch: &mut Batch, link: u64, first: Bytes) -> Vec<Seen> {
    let (mut view, mut all) = (first, Vec::new());
    loop {
        let has_more = header(view)[28] == 1;
        let mut answers = Vec::new();
        for seen in records(view) {
            if seen.kind == REDLATCH_WRITE {
                answers.extend(answer(&String::from_utf8_lossy(&seen.sent)));
            }
            all.push(seen);
        }
        if has_more {
            view = redlatch_client_more(Some(client), Some(batch));
        } else if answers.is_empty() {
            return all;
        } else {
            // SAFETY: the pointer is good.
            view = unsafe {
                redlatch_client_received(
                    Some(client),
                    Some(batch),
                    link,
                    answers.as_ptr(),
                    answers.len(),
                )
            };
        }
    }
}

pub(crate) fn header(view: Bytes) -> Vec<u8> {
    // SAFETY: the batch of the view has not been used since.
    unsafe { std::slice::from_raw_parts(view.data, REDLATCH_HEADER) }.to_vec()
}

pub(crate) fn lane(client: &Handle, batch: &mut Batch, purpose: u16) -> u32 {
    let opened = records(redlatch_lane_open(Some(client), Some(batch), purpose));
    assert_eq!(opened[0].kind, REDLATCH_LANE);
    u32::try_from(opened[0].id).unwrap()
}

/// What an old server without passwords says.
pub(crate) fn answer(sent: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for command in sent.split('*').skip(1) {
        let reply = match command.lines().nth(2).unwrap_or_default() {
            "HELLO" => "-ERR unknown command 'HELLO'\r\n",
            "GET" => "$5\r\nvalue\r\n",
            "SUBSCRIBE" => concat!(
                "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
                "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n",
            ),
            _ => "+OK\r\n",
        };
        out.extend_from_slice(reply.as_bytes());
    }
    out
}
