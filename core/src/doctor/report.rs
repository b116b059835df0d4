//! The findings, step by step.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::{
    advice,
    certificates::Presented,
    host::Host,
    materials::Shape,
    place::{Place, Service},
};
use crate::{
    client::MaterialKind,
    config::Config,
    error::{Code, Error},
};

/// A step of the examination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The settings.
    Config,
    /// CAs, client certificate, revocation lists, and the secret.
    Materials,
    /// The host's addresses.
    Dns,
    /// A connection to one of them.
    Tcp,
    /// Whether both sides speak TLS, and which.
    Tls,
    /// The server's chain: issuer, dates, purpose, revocation, pins.
    Chain,
    /// The server's name.
    Name,
    /// The certificate of the client.
    ClientCertificate,
    /// Username and secret.
    Auth,
    /// What the server is and can do now.
    Server,
    /// How long it takes to answer.
    Latency,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::Config,
        Self::Materials,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Chain,
        Self::Name,
        Self::ClientCertificate,
        Self::Auth,
        Self::Server,
        Self::Latency,
    ];

    /// The word used in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Materials => "materials",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Chain => "chain",
            Self::Name => "name",
            Self::ClientCertificate => "client_certificate",
            Self::Auth => "auth",
            Self::Server => "server",
            Self::Latency => "latency",
        }
    }

    /// Where an error belongs that a client met, if its code tells.
    pub(super) fn of(code: Code) -> Option<Self> {
        Some(match code {
            Code::TlsTimeout | Code::TlsPlaintextPeer | Code::TlsProtocol | Code::TlsRequired => {
                Self::Tls
            }
            Code::TlsNameMismatch => Self::Name,
            Code::TlsClientCertRequired | Code::TlsClientCertRejected => Self::ClientCertificate,
            Code::AuthUnavailable => Self::Materials,
            // Whoever was asked last sent it.
            Code::ProtocolMalformed => return None,
            _ => match code.family() {
                "config" => Self::Config,
                "trust" | "identity" => Self::Materials,
                "tls" => Self::Chain,
                "auth" => Self::Auth,
                "server" | "protocol" => Self::Server,
                _ => return None,
            },
        })
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// There is nothing to examine, and why.
    Skipped(&'static str),
    /// What is wrong.
    Failed(Error),
    /// A step before it failed.
    NotReached,
}

impl Status {
    /// The word used in every language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::NotReached => "not_reached",
        }
    }
}

/// One step with what was seen.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Which one.
    pub part: Part,
    /// How it ended.
    pub status: Status,
    /// What was seen, by name.
    pub evidence: Map<String, Json>,
    /// How long it took.
    pub took: Duration,
}

/// What an examination found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The server's address, if the settings name one.
    pub address: Option<String>,
    /// Every step, in order.
    pub stages: Vec<Stage>,
    /// What works, but should not stay as it is.
    pub warnings: Vec<String>,
    /// What to do about the failure, in words of the place.
    pub remedy: Option<String>,
    /// Where the program runs: `kubernetes`, `compose`, `container`, `systemd` or `host`.
    pub place: &'static str,
    /// Whose server it seems to be: `memorystore`, `elasticache`, `azure` or `own`.
    pub service: &'static str,
}

impl Report {
    /// The step that failed, and why.
    pub fn failure(&self) -> Option<(&Stage, &Error)> {
        self.stages.iter().find_map(|stage| match &stage.status {
            Status::Failed(error) => Some((stage, error)),
            _ => None,
        })
    }

    /// The report as one JSON document, the same in every language.
    pub fn to_json(&self) -> String {
        let failure = self.failure();
        let stages: Vec<_> = self.stages.iter().map(describe).collect();
        json!({
            "ok": failure.is_none(),
            "code": failure.map(|(_, error)| error.code().name()),
            "stage": failure.map(|(stage, _)| stage.part.name()),
            "message": failure.map(|(_, error)| error.to_string()),
            "remedy": self.remedy,
            "evidence": failure.map_or_else(Map::new, |(stage, _)| stage.evidence.clone()),
            "address": self.address,
            "place": self.place,
            "service": self.service,
            "warnings": self.warnings,
            "stages": stages,
        })
        .to_string()
    }
}

fn describe(stage: &Stage) -> Json {
    let (code, reason) = match &stage.status {
        Status::Failed(error) => (Some(error.code().name()), Some(error.to_string())),
        Status::Skipped(why) => (None, Some((*why).to_owned())),
        _ => (None, None),
    };
    json!({
        "stage": stage.part.name(),
        "status": stage.status.name(),
        "code": code,
        "reason": reason,
        "evidence": stage.evidence,
        "ms": (stage.took.as_micros() as f64) / 1000.0,
    })
}

/// What advice is made of.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) config: Option<Config>,
    pub(super) place: Place,
    pub(super) presented: Presented,
    /// Subjects of the trusted CAs.
    pub(super) anchors: Vec<String>,
    /// The material that cannot be used.
    pub(super) missing: Option<MaterialKind>,
    pub(super) shape: Shape,
    pub(super) warnings: Vec<String>,
}

impl Facts {
    pub(super) fn service(&self) -> Service {
        Service::of(self.config.as_ref(), &self.presented)
    }
}

/// A report in the making.
pub(super) struct Notes<'a> {
    pub(super) host: &'a mut dyn Host,
    pub(super) facts: Facts,
    stages: Vec<Stage>,
    current: Option<(usize, Duration)>,
    remedy: Option<String>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(host: &'a mut dyn Host) -> Self {
        let stages = Part::ALL.map(|part| Stage {
            part,
            status: Status::NotReached,
            evidence: Map::new(),
            took: Duration::ZERO,
        });
        let facts = Facts { place: host.place(), ..Facts::default() };
        Self { host, facts, stages: stages.into(), current: None, remedy: None }
    }

    /// The step before went well; this one follows.
    pub(super) fn begin(&mut self, part: Part) {
        self.end();
        self.current = Some((at(part), self.host.now().monotonic));
    }

    /// The last step went well.
    pub(super) fn end(&mut self) {
        self.close(Status::Ok);
    }

    pub(super) fn skip(&mut self, part: Part, why: &'static str) {
        self.end();
        let stage = &mut self.stages[at(part)];
        stage.status = Status::Skipped(why);
        self.host.finished(stage);
    }

    pub(super) fn tell(&mut self, name: &str, value: Json) {
        if let Some((at, _)) = self.current {
            self.stages[at].evidence.insert(name.to_owned(), value);
        }
    }

    pub(super) fn tell_in(&mut self, part: Part, name: &str, value: Json) {
        self.stages[at(part)].evidence.insert(name.to_owned(), value);
    }

    pub(super) fn warn(&mut self, text: String) {
        if !self.facts.warnings.contains(&text) {
            self.facts.warnings.push(text);
        }
    }

    /// The step that the error belongs to has failed: that of its code, or else the current one.
    pub(super) fn fail(&mut self, error: Error) {
        let current = self.current.map_or(0, |(at, _)| at);
        let failed = Part::of(error.code()).map_or(current, at);
        if failed < current {
            // What the steps in between are worth is not known.
            self.close(Status::NotReached);
            for stage in &mut self.stages[failed + 1..current] {
                stage.status = Status::NotReached;
            }
            self.current = Some((failed, self.host.now().monotonic));
        } else if failed > current {
            self.pass(current, failed, error.code());
            self.current = Some((failed, self.host.now().monotonic));
        }
        // What was seen before says it in more detail.
        let evidence = &mut self.stages[failed].evidence;
        for (name, value) in error.evidence() {
            evidence.entry(*name).or_insert_with(|| json!(value));
        }
        if !error.detail().is_empty() {
            evidence.insert("detail".to_owned(), json!(error.detail()));
        }
        self.remedy = Some(advice::on(&error, &self.facts));
        self.close(Status::Failed(error));
    }

    /// Steps that went well, since the one that failed comes after them; unless the server turned
    /// the client away before it came to them.
    fn pass(&mut self, current: usize, failed: usize, code: Code) {
        let away = matches!(code, Code::ServerMaxClients | Code::ServerProtectedMode);
        // Over TLS it could do so only when the handshake was done.
        let shaken = Part::ALL[current] == Part::ClientCertificate;
        for part in current..failed {
            if part != current {
                self.current = Some((part, self.host.now().monotonic));
            }
            self.close(match away && !(shaken && part == current) {
                true => Status::Skipped("the server turned the client away before"),
                false => Status::Ok,
            });
        }
    }

    fn close(&mut self, status: Status) {
        if let Some((at, since)) = self.current.take() {
            let stage = &mut self.stages[at];
            stage.took = self.host.now().monotonic.saturating_sub(since);
            stage.status = status;
            self.host.finished(stage);
        }
    }

    pub(super) fn into_report(self) -> Report {
        Report {
            address: self.facts.config.as_ref().map(|config| config.address.to_string()),
            place: self.facts.place.name(),
            service: self.facts.service().name(),
            stages: self.stages,
            warnings: self.facts.warnings,
            remedy: self.remedy,
        }
    }
}

fn at(part: Part) -> usize {
    part as usize
}
