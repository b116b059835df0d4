//! What goes wrong, and what is replaced.

use std::sync::LazyLock;

use crate::{
    Sim,
    world::certs::{Ca, Leaf},
};

pub(crate) static CAS: LazyLock<[(Ca, Leaf); 2]> = LazyLock::new(|| {
    ["A", "B"].map(|name| {
        let ca = Ca::new(name);
        let leaf = ca.leaf();
        (ca, leaf)
    })
});

impl Sim {
    pub(crate) fn reset(&mut self) {
        let links: Vec<_> = self.wires.keys().copied().collect();
        if let Some(link) = links.get(self.dice.below(links.len() + 1)) {
            self.wires.remove(link);
            self.client.closed(self.now, *link, None, &mut self.outcomes);
        }
    }

    /// The host's buffers fill or empty.
    pub(crate) fn press(&mut self) {
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            match self.dice.below(2) {
                0 => self.client.blocked(link),
                _ => self.client.writable(self.now, link, &mut self.outcomes),
            }
        }
    }

    /// The server first, the file first, or with both accepted for a while.
    pub(crate) fn rotate_secret(&mut self) {
        self.secret += 1;
        let secret = format!("secret-{}-secret", self.secret);
        self.disk.write("/secret", &secret);
        match self.dice.below(3) {
            0 => self.server.passwords.push(secret),
            1 => self.server.passwords = vec![secret],
            // The server follows with the next rotation, or when all is calm.
            _ => {}
        }
    }

    pub(crate) fn rotate_trust(&mut self) {
        match self.dice.below(3) {
            0 => self.disk.write("/ca.pem", format!("{}{}", CAS[0].0.pem, CAS[1].0.pem)),
            1 => {
                self.bundle ^= 1;
                self.disk.write("/ca.pem", &CAS[self.bundle].0.pem);
            }
            _ => {
                let leaf = &CAS[self.dice.below(2)].1;
                self.server.present(leaf);
            }
        }
    }
}
