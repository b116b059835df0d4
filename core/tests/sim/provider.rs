//! The vault that hands out the secret where no file holds it: slow, down, or silent for a while.

use std::{collections::BTreeMap, path::Path, time::Duration};

use redlatch_core::{MaterialKind, Secret, material::FileSystem};

use crate::{agenda::What, plan::SECRET, sim::Sim, totals::Fault};

/// Questions the client has asked and nobody has answered.
#[derive(Default)]
pub(crate) struct Vault {
    open: BTreeMap<u64, bool>,
}

impl Sim {
    /// The client asks; it must not ask again before it is answered.
    pub(crate) fn ask(&mut self, material: MaterialKind, id: u64) {
        assert_eq!(material, MaterialKind::Credentials);
        assert!(self.plan.provided, "nobody provides {}", material.name());
        assert!(self.vault.open.is_empty(), "asked twice at once: {:?} and {id}", self.vault.open);
        let fails = !self.calm && !self.plan.planned && self.dice.percent(15);
        let takes = match self.dice.below(10) {
            0 if !self.calm && !self.plan.planned => {
                self.ledger.totals.count(Fault::ProviderHangs);
                Duration::from_secs(3600)
            }
            1..4 if !self.calm => {
                self.ledger.totals.count(Fault::ProviderSlow);
                self.dice.millis(500, 4000)
            }
            _ => self.dice.millis(0, 200),
        };
        self.vault.open.insert(id, fails);
        self.agenda.add(self.now.monotonic + takes, What::Answer(id));
        self.ledger.totals.asked += 1;
    }

    /// The vault says what stands in the file now, good or bad.
    pub(crate) fn answer(&mut self, id: u64) {
        let Some(fails) = self.vault.open.remove(&id) else { return };
        let kind = MaterialKind::Credentials;
        let found = self.disk.read(Path::new(SECRET)).map_err(|why| kind.unavailable(&why));
        let content = match (fails, found) {
            (true, _) => {
                self.ledger.totals.count(Fault::ProviderFails);
                Err(kind.unavailable("the vault is sealed"))
            }
            (false, Ok(secret)) if self.plan.is_secure() && self.dice.percent(50) => {
                Ok(token(&secret, self.dice.pick(&[2, 5, 30, 3600])))
            }
            (false, found) => found,
        };
        self.note(|_| format!("the vault answers question {id}: {}", content.is_ok()));
        // A refusal is an event, and the error of commands that need what was refused.
        let content = content.map(|secret| vec![secret]);
        let _ = self.client.supply(self.now, kind, Some(id), content, &mut self.ledger);
    }

    /// Whoever hung answers now.
    pub(crate) fn answer_all(&mut self) {
        for id in self.vault.open.keys().copied().collect::<Vec<_>>() {
            self.vault.open.insert(id, false);
            self.agenda.add(self.now.monotonic, What::Answer(id));
        }
    }
}

fn token(secret: &Secret, lives: u64) -> Secret {
    // A server that quotes a secret with a line break breaks its own reply.
    let secret = String::from_utf8_lossy(secret.expose()).trim().to_owned();
    Secret::new(serde_json::json!({ "token": secret, "expires_in": lives }).to_string())
}
