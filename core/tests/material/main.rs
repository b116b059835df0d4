//! Material that is replaced while the program runs: generations, and the last good one kept.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../world/mod.rs"]
mod world;

mod folders;
mod generations;
mod schedule;
mod sources;
mod system;

use std::{sync::Arc, time::Duration};

use redlatch_core::{
    Client, Code, Error, Event, EventKind, Materials, Now, Profile, Result, Role, Secret,
    config::Source,
    material::{Kind, Look, Material, Pace},
};
use world::{Log, config, disk::Disk, start};

/// Text that is any but `bad`; `late` is refused until a minute after the start.
fn parse(content: &[Secret], now: Now) -> Result<Vec<String>> {
    let parts: Vec<_> =
        content.iter().map(|part| String::from_utf8_lossy(part.expose()).into_owned()).collect();
    match () {
        () if parts.iter().any(|part| part.starts_with("bad")) => {
            Err(Error::with_detail(Code::TrustMalformed, "it is bad"))
        }
        () if parts.iter().any(String::is_empty) => Err(Error::new(Code::TrustEmpty)),
        () if parts[0] == "late" && now.monotonic < start().monotonic + Duration::from_secs(60) => {
            Err(Error::new(Code::TrustExpired).with("now", now.unix_seconds()))
        }
        () => Ok(parts),
    }
}

const PACE: Pace = Pace {
    files: Duration::from_secs(10),
    provider: Some(Duration::from_secs(300)),
    command: Duration::from_secs(10),
};

fn kind() -> Kind<Vec<String>> {
    Kind::new("trust", Code::TrustUnreadable, parse)
}

/// A material of files, and the time by which it is polled.
struct Bench {
    disk: Arc<Disk>,
    material: Material<Vec<String>>,
    now: Now,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let disk = Arc::new(Disk::default());
        for (path, content) in files {
            disk.write(path, content);
        }
        let source = Source::Files(files.iter().map(|(path, _)| path.into()).collect());
        let material = Material::new(kind(), source, disk.clone(), PACE);
        Self { disk, material, now: start() }
    }

    fn of(source: Source) -> Self {
        let disk = Arc::new(Disk::default());
        let material = Material::new(kind(), source, disk.clone(), PACE);
        Self { disk, material, now: start() }
    }

    fn poll(&self, look: Look) {
        assert_eq!(self.material.poll(self.now, look), None);
    }

    /// Lets time pass and polls whenever that is due.
    fn advance(&mut self, seconds: f64) {
        let end = self.now.monotonic + Duration::from_secs_f64(seconds);
        let mut still = 0;
        while let Some(next) = self.material.next_poll().filter(|next| *next <= end) {
            still = if next > self.now.monotonic { 0 } else { still + 1 };
            assert!(still < 10, "a poll that is due stays due");
            self.pass(next.saturating_sub(self.now.monotonic));
            self.poll(Look::WhenDue);
        }
        self.pass(end.saturating_sub(self.now.monotonic));
    }

    fn pass(&mut self, by: Duration) {
        self.now.monotonic += by;
        self.now.wall += by;
    }

    /// Number and first part of the generation in force.
    fn current(&self) -> (u64, String) {
        let current = self.material.current().unwrap();
        (current.number, current.value[0].clone())
    }

    #[track_caller]
    fn assert_current(&self, number: u64, content: &str) {
        assert_eq!(self.current(), (number, content.to_owned()));
    }

    fn refused(&self) -> Option<Code> {
        self.material.last_error().map(|error| error.code())
    }
}

/// A client that only listens to its materials.
fn listener(materials: &Materials, settings: &[(&str, &str)], now: Now) -> Client {
    let profile = Profile::new(config(settings), materials).unwrap();
    Client::new(profile.into(), Role::Shared, 1, now)
}

fn heard(client: &mut Client, now: Now) -> Vec<Event> {
    client.tick(now, &mut Log::default());
    std::iter::from_fn(|| client.poll_event()).collect()
}

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}
