//! Lanes beside the main one, opened by the host or for commands that would hold up everybody.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use super::{Action, Counters, MaterialKind, Profile, Role, lane::Lane};
use crate::{
    error::{Code, Error},
    event::Event,
    pending::Record,
    sink::{LaneId, Link, MAIN, Sink},
    time::Now,
};

/// Numbered lanes, found by number, by connection, or because something of theirs is due.
pub(super) struct Side {
    lanes: BTreeMap<LaneId, Entry>,
    /// The lane of each connection asked for and not hung up.
    by_link: HashMap<Link, LaneId>,
    due: BTreeSet<(Duration, LaneId)>,
    /// Had an input since their actions were taken.
    touched: Vec<LaneId>,
    /// May have more to send than they were let.
    sending: BTreeSet<LaneId>,
    next_lane: LaneId,
    next_link: Arc<AtomicU64>,
    seed: u64,
    /// Counters of lanes that are gone.
    pub(super) past: Counters,
}

struct Entry {
    lane: Lane,
    /// Its place in `due`.
    at: Option<Duration>,
    /// When it was last handed to somebody who needs a session alone; none if it has an owner.
    since: Option<Duration>,
    lent: bool,
}

impl Side {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            lanes: BTreeMap::new(),
            by_link: HashMap::new(),
            due: BTreeSet::new(),
            touched: Vec::new(),
            sending: BTreeSet::new(),
            next_lane: MAIN + 1,
            next_link: Arc::new(AtomicU64::new(1)),
            seed,
            past: Counters::default(),
        }
    }

    /// Where all lanes take the numbers of their connections from.
    pub(super) fn links(&self) -> Arc<AtomicU64> {
        self.next_link.clone()
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values().map(|entry| &entry.lane)
    }

    pub(super) fn lane(&self, id: LaneId) -> Option<&Lane> {
        self.lanes.get(&id).map(|entry| &entry.lane)
    }

    /// # Errors
    /// `client.queue_full` if the client holds as many sessions as it may.
    pub(super) fn open(
        &mut self,
        profile: &Arc<Profile>,
        role: Role,
        now: Now,
    ) -> Result<LaneId, Error> {
        let most = profile.config().max_connections;
        // The main lane has one.
        if self.lanes.len() + 1 >= most {
            self.drop_spare(now);
        }
        if self.lanes.len() + 1 >= most {
            return Err(Error::with_detail(Code::ClientQueueFull, "all connections are in use")
                .with("max_connections", most));
        }
        let id = self.next_lane;
        self.next_lane = self.next_lane.wrapping_add(1).max(MAIN + 1);
        let seed = self.seed.wrapping_add(u64::from(id));
        let lane = Lane::new(profile.clone(), role, id, self.links(), seed, now);
        self.lanes.insert(id, Entry { lane, at: None, since: None, lent: false });
        self.touched.push(id);
        Ok(id)
    }

    /// Closes a lane and forgets it.
    pub(super) fn shut(&mut self, id: LaneId, now: Now, sink: &mut dyn Sink) {
        if let Some(entry) = self.lanes.get_mut(&id) {
            entry.lane.close(now, sink);
            self.touched.push(id);
        }
    }

    /// One input to a lane. Whether there is such a lane.
    pub(super) fn to<T>(&mut self, id: LaneId, input: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let entry = self.lanes.get_mut(&id)?;
        self.touched.push(id);
        Some(input(&mut entry.lane))
    }

    /// One input to the lane of a connection.
    pub(super) fn on(&mut self, link: Link, input: impl FnOnce(&mut Lane)) {
        if let Some(id) = self.by_link.get(&link) {
            self.to(*id, input);
        }
    }

    /// Goes on with what some lane could not send at once.
    pub(super) fn send_more(&mut self) -> bool {
        while let Some(id) = self.sending.first().copied() {
            if self.to(id, Lane::send_more) == Some(true) {
                return true;
            }
            self.sending.remove(&id);
        }
        false
    }

    pub(super) fn for_each(&mut self, mut input: impl FnMut(&mut Lane)) {
        self.touched.extend(self.lanes.keys());
        self.lanes.values_mut().for_each(|entry| input(&mut entry.lane));
    }

    /// A command that blocks gets a lane to itself: the spare one used last, or a new one.
    pub(super) fn run_alone(
        &mut self,
        profile: &Arc<Profile>,
        record: Record,
        payload: Vec<u8>,
        now: Now,
        sink: &mut dyn Sink,
    ) {
        let id = match self.lend(profile, now) {
            Ok(id) => id,
            Err(error) => {
                sink.fail(record.ticket, &error);
                return;
            }
        };
        if let Some(entry) = self.lanes.get_mut(&id) {
            (entry.lent, entry.lane.held) = (false, false);
            entry.lane.submit(now, [record], payload, sink);
            self.touched.push(id);
        }
    }

    /// A lane for one caller: the spare one used last, or a new one.
    pub(super) fn lend(&mut self, profile: &Arc<Profile>, now: Now) -> Result<LaneId, Error> {
        let spare = self.lanes.iter().filter(|(_, entry)| entry.is_spare());
        let latest = spare.max_by_key(|(_, entry)| entry.since).map(|(id, _)| *id);
        let id = latest.map_or_else(|| self.open(profile, Role::Exclusive, now), Ok)?;
        if let Some(entry) = self.lanes.get_mut(&id) {
            (entry.since, entry.lent, entry.lane.held) = (Some(now.monotonic), true, true);
        }
        self.touched.push(id);
        Ok(id)
    }

    pub(super) fn take_back(&mut self, id: LaneId, now: Now, sink: &mut dyn Sink) {
        if let Some(entry) = self.lanes.get_mut(&id) {
            (entry.since, entry.lent) = (Some(now.monotonic), false);
            entry.lane.unpin(now, sink);
            self.touched.push(id);
        }
    }

    /// Gives up a command, if it is in one of these lanes.
    pub(super) fn cancel(&mut self, now: Now, ticket: u64, sink: &mut dyn Sink) {
        for (id, entry) in &mut self.lanes {
            if entry.lane.cancel(now, ticket, sink) {
                self.touched.push(*id);
                return;
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(super) fn tick(&mut self, now: Now, sink: &mut dyn Sink) {
        let due: Vec<_> =
            self.due.iter().take_while(|(at, _)| *at <= now.monotonic).map(|(_, id)| *id).collect();
        for id in due {
            let Some(entry) = self.lanes.get_mut(&id) else { continue };
            match entry.spare_until().is_some_and(|end| end <= now.monotonic) {
                true => entry.lane.close(now, sink),
                false => entry.lane.tick(now, sink),
            }
            self.touched.push(id);
        }
    }

    pub(super) fn close(&mut self, now: Now, sink: &mut dyn Sink) {
        self.for_each(|lane| lane.close(now, sink));
    }

    /// Takes what lanes have for the host since their last input, and what they ask it: a lane may
    /// be gone before the answer, which is for all.
    pub(super) fn collect(
        &mut self,
        actions: &mut VecDeque<Action>,
        events: &mut VecDeque<Event>,
        asked: &mut Vec<(MaterialKind, u64)>,
    ) {
        for id in std::mem::take(&mut self.touched) {
            let Some(entry) = self.lanes.get_mut(&id) else { continue };
            for action in &entry.lane.actions {
                match action {
                    Action::Dial { link, .. } => self.by_link.insert(*link, id),
                    Action::Hangup { link, .. } => self.by_link.remove(link),
                    _ => None,
                };
            }
            self.sending.insert(id);
            actions.append(&mut entry.lane.actions);
            events.append(&mut entry.lane.events);
            asked.append(&mut entry.lane.asked);
            if let Some(at) = entry.at.take() {
                self.due.remove(&(at, id));
            }
            if entry.lane.is_closed() {
                self.past = self.past + entry.lane.counters();
                self.lanes.remove(&id);
                continue;
            }
            entry.at = [entry.lane.deadline(), entry.spare_until()].into_iter().flatten().min();
            self.due.extend(entry.at.map(|at| (at, id)));
        }
    }

    /// Makes room: a session kept for nobody in particular.
    fn drop_spare(&mut self, now: Now) {
        let spare = self.lanes.iter().filter(|(_, entry)| entry.is_spare());
        if let Some(id) = spare.min_by_key(|(_, entry)| entry.since).map(|(id, _)| *id) {
            self.shut(id, now, &mut Nobody);
        }
    }
}

impl Entry {
    fn is_spare(&self) -> bool {
        self.since.is_some() && !self.lent && self.lane.is_unused() && !self.lane.is_closed()
    }

    fn spare_until(&self) -> Option<Duration> {
        self.since.filter(|_| self.is_spare()).map(|since| since + KEPT)
    }
}

/// A spare lane owes nobody an answer.
struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _: u64, _: crate::resp::Reply<'_>) {}
    fn fail(&mut self, _: u64, _: &Error) {}
}

/// How long a session is kept for the next command that blocks.
const KEPT: Duration = Duration::from_secs(60);
