//! What happened in all worlds together: a simulator whose faults never fire proves nothing.

use std::{fmt, time::Duration};

macro_rules! counted {
    ($what:literal $name:ident: $($variant:ident $text:literal)*) => {
        #[doc = $what]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

counted! {
    "What can go wrong, and what is replaced." Fault:
    Reset "reset"
    ServerCloses "server closes"
    Restart "restart"
    BlackHole "black hole"
    Deaf "replies lost"
    HalfOpen "half-open"
    Refused "refused"
    DialLost "dial lost"
    DnsChange "DNS change"
    Stall "stall"
    Backpressure "backpressure"
    Pieces "in pieces"
    SlowServer "slow server"
    Loading "loading"
    MaxClients "max clients"
    Freeze "host frozen"
    ClockJump "clock jump"
    FileEmpty "file empty"
    FileCut "file cut"
    FileGarbage "file garbage"
    FileGone "file gone"
    FileHalf "file half-written"
    FileInRead "replaced in read"
    TrustRotation "trust rotation"
    LeafRotation "leaf rotation"
    SecretRotation "secret rotation"
    SecretAhead "secret ahead"
    IdentityRotation "identity rotation"
    ProviderFails "provider fails"
    ProviderSlow "provider slow"
    ProviderHangs "provider hangs"
    Cancel "cancel"
    Misuse "misuse"
}

counted! {
    "What those do who need a session alone, or listen." Deed:
    Wait "waits"
    Pop "elements taken"
    PopLost "elements lost"
    WaitOver "waits in vain"
    WaitMoved "waits moved"
    Unblock "unblocked"
    Crowd "refused for want of connections"
    Message "messages told"
    Change "subscriptions changed"
    Gap "gaps"
    Moved "listeners moved"
    Commit "watched transactions"
    Conflict "conflicts"
    WatchLost "watches lost"
    RawOpened "raw sessions"
    RawEnded "raw ends told"
}

#[derive(Clone)]
pub(crate) struct Totals {
    pub(crate) worlds: u64,
    pub(crate) tls: u64,
    pub(crate) exclusive: u64,
    pub(crate) simulated: Duration,
    pub(crate) commands: u64,
    pub(crate) replies: u64,
    pub(crate) failures: u64,
    pub(crate) interrupted: u64,
    pub(crate) timeouts: u64,
    pub(crate) resent: u64,
    pub(crate) rotations: u64,
    pub(crate) replaced: u64,
    pub(crate) resumed: u64,
    pub(crate) reauths: u64,
    pub(crate) asked: u64,
    pub(crate) faults: Vec<u64>,
    pub(crate) deeds: Vec<u64>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            worlds: 0,
            tls: 0,
            exclusive: 0,
            simulated: Duration::ZERO,
            commands: 0,
            replies: 0,
            failures: 0,
            interrupted: 0,
            timeouts: 0,
            resent: 0,
            rotations: 0,
            replaced: 0,
            resumed: 0,
            reauths: 0,
            asked: 0,
            faults: vec![0; Fault::ALL.len()],
            deeds: vec![0; Deed::ALL.len()],
        }
    }
}

impl Totals {
    pub(crate) fn count(&mut self, fault: Fault) {
        self.faults[fault as usize] += 1;
    }

    pub(crate) fn did(&mut self, deed: Deed) {
        self.deeds[deed as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.tls += other.tls;
        self.exclusive += other.exclusive;
        self.simulated += other.simulated;
        self.commands += other.commands;
        self.replies += other.replies;
        self.failures += other.failures;
        self.interrupted += other.interrupted;
        self.timeouts += other.timeouts;
        self.resent += other.resent;
        self.rotations += other.rotations;
        self.replaced += other.replaced;
        self.resumed += other.resumed;
        self.reauths += other.reauths;
        self.asked += other.asked;
        let others = other.faults.iter().chain(&other.deeds);
        for (sum, number) in self.faults.iter_mut().chain(&mut self.deeds).zip(others) {
            *sum += number;
        }
    }

    /// What never happened although it should have.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let mut missing: Vec<_> = Fault::ALL
            .iter()
            .filter(|fault| self.faults[**fault as usize] == 0)
            .map(|fault| fault.name())
            .collect();
        let deeds = Deed::ALL.iter().filter(|deed| self.deeds[**deed as usize] == 0);
        missing.extend(deeds.map(|deed| deed.name()));
        let counted = [
            ("TLS", self.tls),
            ("exclusive", self.exclusive),
            ("interrupted", self.interrupted),
            ("timeouts", self.timeouts),
            ("resent", self.resent),
            ("replaced", self.replaced),
            ("resumed", self.resumed),
            ("reauthenticated", self.reauths),
        ];
        missing.extend(counted.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name));
        missing
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worlds, tls, exclusive, simulated, .. } = self;
        write!(
            f,
            "{worlds} worlds ({tls} TLS, {exclusive} exclusive), {:.1} simulated hours, \
             {} commands, {} replies, {} failures ({} interrupted, {} timed out), {} resent, \
             {} rotations, {} replacements, {} resumed, {} re-authenticated, \
             {} questions to providers; faults:",
            simulated.as_secs_f64() / 3600.0,
            self.commands,
            self.replies,
            self.failures,
            self.interrupted,
            self.timeouts,
            self.resent,
            self.rotations,
            self.replaced,
            self.resumed,
            self.reauths,
            self.asked,
        )?;
        for (at, fault) in Fault::ALL.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma} {} {}", self.faults[at], fault.name())?;
        }
        for (at, deed) in Deed::ALL.iter().enumerate() {
            let comma = if at == 0 { "; beside them:" } else { "," };
            write!(f, "{comma} {} {}", self.deeds[at], deed.name())?;
        }
        Ok(())
    }
}
