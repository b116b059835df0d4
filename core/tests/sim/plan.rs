//! What kind of world a seed makes.

use std::time::Duration;

use redlatch_core::Role;

use crate::dice::Dice;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Security {
    Plain,
    Tls,
    /// The server asks for a client certificate.
    Mutual,
}

pub(crate) struct Plan {
    pub(crate) security: Security,
    pub(crate) role: Role,
    /// Nothing goes wrong and everything is replaced in good order: no command may fail.
    pub(crate) planned: bool,
    pub(crate) settings: Vec<(&'static str, String)>,
    /// The secret comes from a vault that is asked, not from a file.
    pub(crate) provided: bool,
    pub(crate) knows_hello: bool,
    /// The server repeats what was said to it when it refuses it.
    pub(crate) blabs: bool,
    pub(crate) callers: u64,
    pub(crate) latency: Duration,
    /// Longest pause between two calls, in milliseconds.
    pub(crate) pace: u64,
    /// Longest pause between two faults, in milliseconds.
    pub(crate) fault_pace: u64,
    pub(crate) length: Duration,
    /// How many callers wait for elements.
    pub(crate) waiters: u64,
    /// Whether there is a lane of subscriptions.
    pub(crate) listens: bool,
    /// How long it takes from one message or change to the next.
    pub(crate) listen_pace: u64,
    /// How many callers watch.
    pub(crate) watchers: u64,
    /// Whether there is a lane of raw bytes, and whether it is logged in.
    pub(crate) raw: bool,
    pub(crate) raw_login: bool,
    /// Ended by hand at the end, or in the middle of everything.
    pub(crate) closes_early: bool,
}

impl Plan {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let exclusive = dice.percent(20);
        // Others beside the ordinary callers.
        let [waits, listens, watches, raw] = match !exclusive && dice.percent(35) {
            true => [45, 30, 45, 40].map(|share| dice.percent(share)),
            false => [false; 4],
        };
        let security = match dice.below(20) {
            2 | 3 if waits || listens || watches => Security::Tls,
            0 => Security::Tls,
            1 if dice.percent(50) => Security::Mutual,
            1 => Security::Tls,
            _ => Security::Plain,
        };
        let planned = dice.percent(match security {
            _ if listens => 50,
            Security::Plain => 10,
            _ => 35,
        });
        let provided = dice.percent(25);
        let settings = settings(dice, security, planned, provided);
        Self {
            security,
            role: if exclusive { Role::Exclusive } else { Role::Shared },
            planned,
            settings,
            provided,
            // One that does not say who its client is cannot be asked to unblock it.
            knows_hello: dice.percent(80) || (planned && waits),
            blabs: dice.percent(50),
            callers: if exclusive { 1 } else { 1 + dice.below(4) as u64 },
            latency: match planned {
                true => dice.millis(0, 20),
                false => dice.pick(&[0, 1, 5, 20, 150]).max(1) * Duration::from_millis(1),
            },
            pace: dice.pick(&[100, 400, 1500]),
            fault_pace: dice.pick(&[200, 1000, 4000]),
            length: match planned {
                true => dice.millis(10_000, 40_000),
                false => dice.millis(2_000, 20_000),
            },
            waiters: if waits { 1 + dice.below(5) as u64 } else { 0 },
            listens,
            listen_pace: dice.pick(&[2, 20, 40, 40]),
            watchers: if watches { 1 + dice.below(3) as u64 } else { 0 },
            raw,
            raw_login: dice.percent(50),
            closes_early: dice.percent(5),
        }
    }

    /// Whether others use the client beside ordinary callers.
    pub(crate) fn has_company(&self) -> bool {
        self.waiters > 0 || self.listens || self.watchers > 0 || self.raw
    }

    /// How many lanes they may need at once.
    pub(crate) fn company(&self) -> usize {
        2 * (self.waiters + self.watchers) as usize
            + usize::from(self.listens)
            + usize::from(self.raw)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.security != Security::Plain
    }
}

fn settings(
    dice: &mut Dice,
    security: Security,
    planned: bool,
    provided: bool,
) -> Vec<(&'static str, String)> {
    let mut settings = vec![match provided {
        true => ("provide_credentials", "true".to_owned()),
        false => ("password_file", SECRET.to_owned()),
    }];
    match security {
        Security::Plain => settings.push(("host", "localhost".to_owned())),
        _ => {
            settings.push(("host", "redis.test".to_owned()));
            settings.push(("ca_file", BUNDLE.to_owned()));
            settings.push(("verify", dice.pick(&["full", "ca"]).to_owned()));
        }
    }
    if security == Security::Mutual {
        settings.push(("cert_file", CERTIFICATE.to_owned()));
        settings.push(("key_file", KEY.to_owned()));
    }
    let mut choose = |name, words: &[&'static str]| {
        let word = dice.pick(words);
        if !word.is_empty() {
            settings.push((name, word.to_owned()));
        }
    };
    choose("protocol", &["2", "3"]);
    choose("db", &["0", "0", "3"]);
    choose("client_name", &["", "app"]);
    choose("poll_interval", &["0.5", "1", "3"]);
    choose("recycle", &["", "", "always"]);
    if planned {
        choose("provider_interval", &["1"]);
        choose("distrust_grace", &["5", "10"]);
        choose("timeout", &["30"]);
        return settings;
    }
    choose("provider_interval", &["1", "5", "0", ""]);
    choose("username", &["", "", "app"]);
    choose("timeout", &["0", "0.5", "2", "5", "12"]);
    choose("connect_timeout", &["0.5", "2", "5"]);
    choose("handshake_timeout", &["1", "2", "5"]);
    choose("liveness", &["0", "0.5", "1", "2", "5"]);
    choose("distrust_grace", &["0", "1", "3", "10"]);
    choose("backoff_min", &["0.01", "0.05", "0.5"]);
    choose("backoff_max", &["0.1", "2"]);
    choose("max_connections", &["4", "6", "", "", ""]);
    choose("max_queue", &["3", "20", "", ""]);
    choose("max_queue_bytes", &["400", "5000", "", "", ""]);
    settings
}

pub(crate) const SECRET: &str = "/secret";
pub(crate) const BUNDLE: &str = "/ca.pem";
pub(crate) const CERTIFICATE: &str = "/client.pem";
pub(crate) const KEY: &str = "/client.key";
