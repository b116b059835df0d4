//! A view is whole: header, records and tokens fit, and what it points to can be read.

use redlatch_c::*;

/// What a host remembers of a view.
#[derive(Default)]
pub(super) struct Told {
    pub(super) links: Vec<u64>,
    pub(super) lanes: Vec<u64>,
    pub(super) needs: Vec<(u16, u64)>,
}

pub(super) fn read(view: Bytes) -> Told {
    assert!(view.len >= REDLATCH_HEADER);
    // SAFETY: the batch of the view has not been used since.
    let view = unsafe { std::slice::from_raw_parts(view.data, view.len) };
    let actions = number(view, 16) as usize;
    assert!(view[24] <= 2 && view[28] <= 1);
    let (mut told, mut at) = (Told::default(), REDLATCH_HEADER);
    let mut met = at == actions;
    while at < view.len() {
        let record = &view[at..at + REDLATCH_RECORD];
        let body = &view[at + REDLATCH_RECORD..][..number(record, 16) as usize];
        let (kind, id) = (record[0], number(record, 8));
        let is_action = (REDLATCH_DIAL..=REDLATCH_NEED).contains(&kind);
        assert_eq!(is_action, at >= actions, "record {kind} at {at} of {actions}");
        match kind {
            REDLATCH_REPLY | REDLATCH_PUSH => tokens(body),
            REDLATCH_DIAL | REDLATCH_DIAL_UNIX => told.links.push(id),
            REDLATCH_LANE => told.lanes.push(id),
            REDLATCH_NEED => told.needs.push((u16::from_le_bytes([record[2], record[3]]), id)),
            REDLATCH_WRITE => {
                let data = number(body, 0) as usize as *const u8;
                // SAFETY: it lives as long as the view.
                let sent = unsafe { std::slice::from_raw_parts(data, number(body, 8) as usize) };
                std::hint::black_box(sent.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
            }
            REDLATCH_FAILURE | REDLATCH_EVENT | REDLATCH_FAULT | REDLATCH_TEXT | REDLATCH_ENDED => {
                assert!(std::str::from_utf8(body).is_ok())
            }
            _ => assert!((1..=REDLATCH_ENDED).contains(&kind), "record {kind}"),
        }
        at += REDLATCH_RECORD + body.len();
        met |= at == actions;
    }
    assert!(met, "actions start within a record");
    told
}

/// Tokens end where their record does.
fn tokens(body: &[u8]) {
    let (mut at, mut due) = (0, 1_u64);
    while due > 0 {
        let (kind, count) = (body[at], number(body, at + 1));
        at += 9;
        due -= 1;
        match kind {
            b'+' | b'$' | b'=' | b'(' => at += count as usize,
            b'&' => {
                let data = number(body, at) as usize as *const u8;
                at += 8;
                // SAFETY: it lives as long as the view.
                let text = unsafe { std::slice::from_raw_parts(data, count as usize) };
                std::hint::black_box(text.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
            }
            b'-' => at += (count & 0xffff_ffff) as usize,
            b'*' | b'~' | b'>' => due += count,
            b'%' => due += count * 2,
            _ => assert!(b"_:#,".contains(&kind), "token {kind}"),
        }
    }
    assert_eq!(at, body.len());
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
