//! Settings and materials that all connections of a Python client share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use redlatch::{
    Error,
    clock::now,
    core::{self, MaterialKind, Secret, config::Value, document},
};

use crate::{error::raised, fork::detached, provider::parts};

/// What a client is made of.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct Profile {
    settings: Secret,
    from_env: bool,
    /// Used if none is asked for.
    protocol: u8,
    state: Mutex<State>,
}

struct State {
    profile: Arc<core::Profile>,
    /// Handed in last, of each material.
    supplied: Vec<(MaterialKind, Vec<Secret>)>,
}

#[pymethods]
impl Profile {
    #[new]
    #[pyo3(signature = (settings, from_env=false, protocol=3))]
    fn new(py: Python<'_>, settings: &str, from_env: bool, protocol: u8) -> PyResult<Self> {
        let profile = open(settings, from_env, protocol).map_err(|error| raised(py, &error))?;
        let state = Mutex::new(State { profile, supplied: Vec::new() });
        Ok(Self { settings: Secret::new(settings), from_env, protocol, state })
    }

    /// The settings in force, as a JSON document.
    fn config(&self) -> String {
        document::config(self.current().config())
    }

    /// Hands in content of a material, a list of bytes.
    fn supply(&self, py: Python<'_>, material: &str, content: &Bound<'_, PyAny>) -> PyResult<()> {
        let kind = MaterialKind::parse(material).map_err(|error| raised(py, &error))?;
        let content = parts(content)?;
        detached(py, || {
            self.current().supply(kind, content.clone(), now())?;
            let mut state = self.lock();
            state.supplied.retain(|(known, _)| *known != kind);
            state.supplied.push((kind, content));
            Ok(())
        })
        .map_err(|error: Error| raised(py, &error))
    }
}

impl Profile {
    pub(crate) fn current(&self) -> Arc<core::Profile> {
        self.lock().profile.clone()
    }

    /// In a child that was just forked: whoever was asked for a material answers in the parent only.
    pub(crate) fn forked(&self) {
        let mut state = self.lock();
        let old = &state.profile;
        let asked = old.trust().is_some_and(|it| it.is_fetching())
            || old.identity().is_some_and(|it| it.is_fetching())
            || old.credentials().is_some_and(|it| it.material.is_fetching());
        let settings = String::from_utf8_lossy(self.settings.expose());
        if let Some(profile) =
            asked.then(|| open(&settings, self.from_env, self.protocol).ok()).flatten()
        {
            for (kind, content) in &state.supplied {
                // It was good in the parent; what has ended since is refused here as it is there.
                let _ = profile.supply(*kind, content.clone(), now());
            }
            state.profile = profile;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(settings: &str, from_env: bool, protocol: u8) -> redlatch::Result<Arc<core::Profile>> {
    let settings = document::settings(settings)?;
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let defaults = [("protocol", Value::Integer(protocol.into()))];
    redlatch::open_over(settings, from_env, defaults)
}
