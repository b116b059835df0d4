//! Who may be trusted when: what the client has adopted, and what follows from it.

use std::{sync::LazyLock, time::Duration};

use redlatch_core::{Event, EventKind};

use crate::world::certs::{Ca, Leaf, Wish};

pub(crate) struct Issued {
    pub(crate) ca: Ca,
    pub(crate) leaf: Leaf,
}

/// CAs with a server's leaf each. The same bytes in every process, so that a seed means the same.
pub(crate) static SERVERS: LazyLock<[Issued; 3]> = LazyLock::new(|| {
    [1, 2, 3].map(|number| {
        let ca = Ca::fixed(number);
        let leaf = ca.issue_fixed(number + 10, &Wish::default());
        Issued { ca, leaf }
    })
});

pub(crate) static CLIENTS: LazyLock<(Ca, [Leaf; 2])> = LazyLock::new(|| {
    let ca = Ca::fixed(4);
    let usage = rcgen::ExtendedKeyUsagePurpose::ClientAuth;
    let leaves = [21, 22]
        .map(|number| ca.issue_fixed(number, &Wish { usage: usage.clone(), ..Wish::default() }));
    (ca, leaves)
});

/// Sets of CAs, as bits.
pub(crate) type Cas = u8;

/// What the client has adopted so far, oldest first.
pub(crate) struct Authority {
    adopted: Vec<(Duration, Cas)>,
    grace: Duration,
}

impl Authority {
    pub(crate) fn new(grace: Duration) -> Self {
        Self { adopted: Vec::new(), grace }
    }

    /// Follows the client's own word on what it trusts now.
    pub(crate) fn hear(&mut self, event: &Event, now: Duration) {
        if event.kind == EventKind::Rotation && event.field("material") == Some("trust") {
            let told = event.field("sha256").unwrap_or_default();
            let mut cas = 0;
            for (at, issued) in SERVERS.iter().enumerate() {
                if told.contains(&issued.ca.sha256) {
                    cas |= 1 << at;
                }
            }
            self.adopted.push((now, cas));
        }
    }

    pub(crate) fn current(&self) -> Cas {
        self.adopted.last().map_or(0, |(_, cas)| *cas)
    }

    /// Whether application bytes may pass at `at` on a connection whose server shows a leaf of
    /// `ca`, and which carried its first at `established`.
    pub(crate) fn allows(&self, ca: usize, established: Duration, at: Duration) -> bool {
        let mut dropped = Some(Duration::ZERO);
        for (since, cas) in self.adopted.iter().take_while(|(since, _)| *since <= at) {
            if cas & (1 << ca) != 0 {
                dropped = None;
            } else if dropped.is_none() {
                dropped = Some(*since);
            }
        }
        dropped.is_none_or(|dropped| {
            // What was sent in the moment of the change may have come before it.
            established <= dropped && (at < dropped + self.grace || at == dropped)
        })
    }
}

/// The bundle that holds these CAs.
pub(crate) fn bundle(cas: Cas) -> String {
    let parts = SERVERS.iter().enumerate().filter(|(at, _)| cas & (1 << at) != 0);
    parts.map(|(_, issued)| issued.ca.pem.as_str()).collect()
}
