//! The core alone, reached from outside so that the linker keeps all of it. What this module imports
//! is what the core asks of its host: randomness, and nothing else.

use std::{sync::Arc, time::Duration};

use redlatch_core::{
    Action, Client, Config, Error, Materials, Now, Profile, Role, Sink, document,
    material::NoFiles, resp::Reply,
};

/// Room for so many bytes of the host.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    vec![0; length].leak().as_mut_ptr()
}

/// Opens a client of the settings in a JSON document at a time, in seconds since the Unix epoch, and
/// gives it `bytes` as if a server had sent them. How many bytes it writes.
///
/// # Safety
/// `settings` and `bytes` were given by `reserve`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn drive(
    settings: *const u8,
    settings_length: usize,
    bytes: *const u8,
    length: usize,
    seconds: u64,
) -> usize {
    // SAFETY: the caller vouches for both.
    let (settings, bytes) = unsafe {
        (
            std::slice::from_raw_parts(settings, settings_length),
            std::slice::from_raw_parts(bytes, length),
        )
    };
    let now = Now { monotonic: Duration::from_secs(1), wall: Duration::from_secs(seconds) };
    let Ok(mut client) = open(settings, now) else { return 0 };
    client.connect(now, &mut Nobody);
    let mut written = 0;
    while let Some(action) = client.poll_action() {
        match action {
            Action::Dial { link, .. } => {
                client.dialed(now, link, &mut Nobody);
                client.received(now, link, bytes, &mut Nobody);
            }
            Action::Write { bytes, .. } => written += bytes.len(),
            _ => {}
        }
    }
    client.tick(now, &mut Nobody);
    written
}

fn open(settings: &[u8], now: Now) -> redlatch_core::Result<Client> {
    let settings = document::settings(&String::from_utf8_lossy(settings))?;
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let config = Config::parse_over(settings, None, [])?;
    let profile = Profile::new(config, &Materials::new(Arc::new(NoFiles)))?;
    Ok(Client::new(Arc::new(profile), Role::Shared, 1, now))
}

/// No command is ever submitted.
struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _: u64, _: Reply<'_>) {}

    fn fail(&mut self, _: u64, _: &Error) {}
}
