//! Files that change under their reader: rotations in any order, and every way to write badly.

use std::time::Duration;

use crate::{
    agenda::What,
    authority::{CLIENTS, Cas, SERVERS, bundle},
    ledger::MARK,
    plan::{BUNDLE, CERTIFICATE, KEY, SECRET, Security},
    sim::Sim,
    totals::Fault,
};

/// What is published, and what could be.
pub(crate) struct Shelf {
    secret: u64,
    pub(crate) cas: Cas,
    identity: usize,
    pub(crate) interval: Duration,
    /// Until when the steps of one rotation take.
    pub(crate) busy: Duration,
}

impl Shelf {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { secret: 0, cas: 1, identity: 0, interval, busy: Duration::ZERO }
    }

    /// The password of the latest rotation.
    pub(crate) fn secret(&self) -> String {
        format!("{MARK}-{}-{MARK}", self.secret)
    }
}

impl Sim {
    /// Server and file change in any order, with any pause between them.
    pub(crate) fn rotate_secret(&mut self) {
        self.shelf.secret += 1;
        let secret = self.shelf.secret();
        let now = self.now.monotonic;
        self.note(|_| format!("the secret is now {secret}"));
        let mut both = self.server.passwords.clone();
        both.push(secret.clone());
        if self.plan.planned {
            // In good order: known to the server, published, adopted, and only then alone.
            let asked = Duration::from_secs(if self.plan.provided { 6 } else { 0 });
            let adopted = now + self.shelf.interval * 2 + asked + Duration::from_secs(2);
            self.server.passwords = both;
            self.disk.write(SECRET, &secret);
            self.agenda.add(adopted, What::Passwords(vec![secret]));
            self.ledger.totals.count(Fault::SecretRotation);
            return;
        }
        match self.dice.below(8) {
            0..3 => {
                self.server.passwords = both;
                self.disk.write(SECRET, &secret);
                self.ledger.totals.count(Fault::SecretRotation);
            }
            3..5 => {
                self.server.passwords = vec![secret.clone()];
                let later = now + self.dice.millis(0, 3000);
                self.agenda.add(later, What::File(SECRET, secret.into_bytes()));
                self.ledger.totals.count(Fault::SecretRotation);
            }
            5..7 => {
                self.disk.write(SECRET, &secret);
                let later = now + self.dice.millis(0, 3000);
                self.agenda.add(later, What::Passwords(vec![secret]));
                self.ledger.totals.count(Fault::SecretAhead);
            }
            // The server never follows.
            _ => {
                self.disk.write(SECRET, &secret);
                self.ledger.totals.count(Fault::SecretAhead);
            }
        }
    }

    pub(crate) fn rotate_trust(&mut self) {
        if !self.plan.is_secure() {
            return;
        }
        match self.dice.below(5) {
            _ if self.plan.planned => self.rotate_trust_in_order(),
            0..2 => self.rotate_trust_in_order(),
            2 => {
                let ca = self.dice.below(SERVERS.len());
                self.present(ca);
                self.note(|_| format!("the server shows a leaf of CA {ca}"));
                self.ledger.totals.count(Fault::LeafRotation);
            }
            _ => {
                let cas = 1 + self.dice.below(7) as Cas;
                self.trust(cas);
                self.ledger.totals.count(Fault::TrustRotation);
            }
        }
    }

    /// Publishes another set of CAs.
    pub(crate) fn trust(&mut self, cas: Cas) {
        self.shelf.cas = cas;
        self.note(|_| format!("trusted are now {cas:03b}"));
        self.disk.write(BUNDLE, bundle(cas));
    }

    /// The successor is trusted first, then shown, and only then is the old one dropped.
    fn rotate_trust_in_order(&mut self) {
        let ca = (self.network.ca + 1) % SERVERS.len();
        let both = self.shelf.cas | 1 << ca;
        let now = self.now.monotonic;
        let adopted = self.shelf.interval * 2 + Duration::from_secs(1);
        self.disk.write(BUNDLE, bundle(both));
        self.agenda.add(now + adopted, What::Leaf(ca));
        self.agenda.add(now + adopted + Duration::from_millis(100), What::Trust(1 << ca));
        self.shelf.cas = both;
        self.ledger.totals.count(Fault::TrustRotation);
        self.ledger.totals.count(Fault::LeafRotation);
    }

    pub(crate) fn rotate_identity(&mut self) {
        if self.plan.security != Security::Mutual {
            return;
        }
        self.shelf.identity ^= 1;
        let leaf = &CLIENTS.1[self.shelf.identity];
        self.disk.write(CERTIFICATE, &leaf.cert_pem);
        // For a moment the key belongs to the other certificate.
        let later = self.now.monotonic + self.dice.millis(0, 200);
        self.agenda.add(later, What::File(KEY, leaf.key_pem.clone().into_bytes()));
        self.ledger.totals.count(Fault::IdentityRotation);
    }

    /// A file is written badly, and mended some time later.
    pub(crate) fn spoil(&mut self) {
        let mut all = vec![(SECRET, self.shelf.secret().into_bytes())];
        if self.plan.is_secure() {
            all.push((BUNDLE, bundle(self.shelf.cas).into_bytes()));
        }
        if self.plan.security == Security::Mutual {
            let leaf = &CLIENTS.1[self.shelf.identity];
            all.push((CERTIFICATE, leaf.cert_pem.clone().into_bytes()));
            all.push((KEY, leaf.key_pem.clone().into_bytes()));
        }
        let at = self.dice.below(all.len());
        let (path, good) = all.swap_remove(at);
        // A secret that is cut off looks like any other: no order of steps is safe with it.
        let careful = self.plan.planned && path == SECRET;
        let half = good[..good.len() * (10 + self.dice.below(80)) / 100].to_vec();
        let fault = match self.dice.below(if careful { 2 } else { 6 }) {
            0 => {
                self.disk.write(path, if self.dice.percent(50) { "" } else { "\n" });
                Fault::FileEmpty
            }
            1 => {
                self.disk.remove(path);
                Fault::FileGone
            }
            2 => {
                self.disk.write(path, half);
                Fault::FileCut
            }
            3 => {
                self.disk.write(path, GARBAGE);
                Fault::FileGarbage
            }
            4 => {
                self.disk.write(path, half);
                let soon = self.now.monotonic + self.dice.millis(1, 80);
                self.agenda.add(soon, What::File(path, good.clone()));
                Fault::FileHalf
            }
            _ => {
                self.disk.replace_after_read(path, &good);
                self.disk.write(path, half);
                Fault::FileInRead
            }
        };
        self.note(|_| format!("{path}: {}", fault.name()));
        self.ledger.totals.count(fault);
        let longest = if self.plan.planned { 1500 } else { 8000 };
        let later = self.now.monotonic + self.dice.millis(100, longest);
        self.agenda.add(later, What::Mend(path));
    }

    /// What stands in a file when nothing is wrong with it.
    pub(crate) fn mend(&mut self, path: &'static str) {
        let leaf = &CLIENTS.1[self.shelf.identity];
        match path {
            SECRET => self.disk.write(SECRET, self.shelf.secret()),
            BUNDLE => self.disk.write(BUNDLE, bundle(self.shelf.cas)),
            CERTIFICATE => self.disk.write(CERTIFICATE, &leaf.cert_pem),
            _ => self.disk.write(path, &leaf.key_pem),
        }
    }

    pub(crate) fn mend_all(&mut self) {
        self.mend(SECRET);
        if self.plan.is_secure() {
            self.mend(BUNDLE);
        }
        if self.plan.security == Security::Mutual {
            self.mend(CERTIFICATE);
            self.mend(KEY);
        }
    }
}

const GARBAGE: &str = "-----BEGIN hush CERTIFICATE-----\u{1}\u{2}hush\n";
