//! Callbacks that provide the trusted CAs, the client's certificate, or username and secret.

use std::{cell::Cell, fmt, sync::Arc, time::SystemTime};
#[cfg(feature = "tokio")]
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use redlatch_core::{Code, Error, MaterialKind, Profile, Result, Secret, config::Value, document};

#[derive(Clone)]
enum Provider {
    Blocking(Arc<dyn Fn() -> Result<Vec<Secret>> + Send + Sync>),
    #[cfg(feature = "tokio")]
    Asynchronous(Arc<dyn Fn() -> Answer + Send + Sync>),
}

/// What an asynchronous provider is doing.
#[cfg(feature = "tokio")]
type Answer = Pin<Box<dyn Future<Output = Result<Vec<Secret>>> + Send>>;

/// What a client asks for in place of files: at its start, ahead of the end of what it was given,
/// and when the server refuses it. One question at a time; a provider that fails is asked again,
/// ever later, and what it gave before stays in force until its end.
///
/// A blocking connection asks in the calling thread, an asynchronous one in tokio's threads for
/// blocking work. Those whose names end in `_async` give a future: an asynchronous connection runs it as
/// a task, a blocking one on a runtime made for it. A provider that uses the client it provides for gets
/// `client.misuse`.
#[derive(Clone, Default)]
pub struct Providers {
    list: Vec<(MaterialKind, Provider)>,
}

/// Username and secret, as a provider gives them.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// ACL user; none means the one of the settings.
    pub username: Option<String>,
    /// Password or token.
    pub secret: SecretText,
    /// When the server stops to accept it; a successor is asked for at half of the time left, and
    /// no later than four minutes before.
    pub expires: Option<SystemTime>,
}

/// Text that is not printed.
#[derive(Clone)]
pub struct SecretText(pub(crate) String);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Providers {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The trusted CAs, in any text form.
    #[must_use]
    pub fn trust<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Trust, move || trusted(provide()))
    }

    /// The same, asynchronous.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn trust_async<E: fmt::Display, F>(
        self,
        provide: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
    {
        self.with_async(MaterialKind::Trust, move || {
            let answer = provide();
            async move { trusted(answer.await) }
        })
    }

    /// The client's certificate chain and its key, both PEM.
    #[must_use]
    pub fn identity<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<(Vec<u8>, Vec<u8>), E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Identity, move || identified(provide()))
    }

    /// The same, asynchronous.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn identity_async<E: fmt::Display, F>(
        self,
        provide: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(Vec<u8>, Vec<u8>), E>> + Send + 'static,
    {
        self.with_async(MaterialKind::Identity, move || {
            let answer = provide();
            async move { identified(answer.await) }
        })
    }

    /// Username and secret.
    #[must_use]
    pub fn credentials<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Credentials, move || authenticated(provide()))
    }

    /// The same, asynchronous.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> redlatch::Result<()> {
    /// # let lab = redlatch_lab::Lab::up();
    /// # let (url, password) = (lab.url_without_password(), lab.password());
    /// use redlatch::{Client, Credentials, Providers};
    ///
    /// let providers = Providers::new().credentials_async(move || {
    ///     let password = password.clone();
    ///     async move {
    ///         // Ask a vault, or a cloud for a token.
    ///         tokio::task::yield_now().await;
    ///         Ok::<_, String>(Credentials { username: None, secret: password.into(), expires: None })
    ///     }
    /// });
    /// let redis = Client::builder().url(url).providers(providers).build()?.async_connection().await?;
    /// redis.call(["PING"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn credentials_async<E: fmt::Display, F>(
        self,
        provide: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Credentials, E>> + Send + 'static,
    {
        self.with_async(MaterialKind::Credentials, move || {
            let answer = provide();
            async move { authenticated(answer.await) }
        })
    }

    /// A provider that gives content as the core reads it.
    #[must_use]
    pub fn with(
        mut self,
        kind: MaterialKind,
        provide: impl Fn() -> Result<Vec<Secret>> + Send + Sync + 'static,
    ) -> Self {
        self.list.push((kind, Provider::Blocking(Arc::new(provide))));
        self
    }

    #[cfg(feature = "tokio")]
    fn with_async<F>(
        mut self,
        kind: MaterialKind,
        provide: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<Secret>>> + Send + 'static,
    {
        let provide = move || Box::pin(provide()) as Answer;
        self.list.push((kind, Provider::Asynchronous(Arc::new(provide))));
        self
    }

    /// The settings that make a client ask.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        self.list.iter().filter_map(|(kind, _)| Some((kind.setting()?, Value::Bool(true))))
    }

    /// The materials that are provided.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = MaterialKind> + '_ {
        self.list.iter().map(|(kind, _)| *kind)
    }

    /// Asks, in this thread.
    pub(crate) fn ask(&self, kind: MaterialKind, profile: &Arc<Profile>) -> Result<Vec<Secret>> {
        let _serving = Serving::enter(name(profile));
        self.ask_alone(kind)
    }

    /// Asks for no client in particular.
    pub(crate) fn ask_alone(&self, kind: MaterialKind) -> Result<Vec<Secret>> {
        match self.find(kind)? {
            Provider::Blocking(provide) => provide(),
            #[cfg(feature = "tokio")]
            Provider::Asynchronous(provide) => run_apart(kind, provide(), SERVED.get()),
        }
    }

    /// The question to an asynchronous provider.
    #[cfg(feature = "tokio")]
    pub(crate) fn future(
        &self,
        kind: MaterialKind,
        profile: &Arc<Profile>,
    ) -> Option<impl Future<Output = Result<Vec<Secret>>> + Send + 'static> {
        match self.find(kind) {
            Ok(Provider::Asynchronous(provide)) => {
                let served = name(profile);
                let _serving = Serving::enter(served);
                Some(Served { served, answer: provide() })
            }
            _ => None,
        }
    }

    fn find(&self, kind: MaterialKind) -> Result<&Provider> {
        let found = self.list.iter().rev().find(|(known, _)| *known == kind);
        let missing = || kind.unavailable("the client has no provider for it");
        found.map(|(_, provider)| provider).ok_or_else(missing)
    }
}

/// Runs a future to its end, whatever runtime this thread belongs to.
#[cfg(feature = "tokio")]
fn run_apart(kind: MaterialKind, answer: Answer, served: usize) -> Result<Vec<Secret>> {
    let failed = |why: &dyn fmt::Display| kind.unavailable(&why.to_string());
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        runtime.block_on(Served { served, answer })
    };
    let ended = std::thread::scope(|scope| scope.spawn(run).join());
    ended.unwrap_or_else(|_| Err(failed(&"the provider panicked")))
}

/// The work of a provider, known as such whatever thread it runs in.
#[cfg(feature = "tokio")]
struct Served {
    served: usize,
    answer: Answer,
}

#[cfg(feature = "tokio")]
impl Future for Served {
    type Output = Result<Vec<Secret>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _serving = Serving::enter(self.served);
        self.answer.as_mut().poll(cx)
    }
}

/// Marks this thread as being in a provider.
struct Serving {
    before: usize,
}

impl Serving {
    fn enter(served: usize) -> Self {
        Self { before: SERVED.replace(served) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        SERVED.set(self.before);
    }
}

fn trusted<E: fmt::Display>(given: Result<Vec<u8>, E>) -> Result<Vec<Secret>> {
    match given {
        Ok(bundle) => Ok(vec![Secret::new(bundle)]),
        Err(why) => Err(MaterialKind::Trust.unavailable(&why.to_string())),
    }
}

fn identified<E: fmt::Display>(given: Result<(Vec<u8>, Vec<u8>), E>) -> Result<Vec<Secret>> {
    match given {
        Ok((chain, key)) => Ok(vec![Secret::new(chain), Secret::new(key)]),
        Err(why) => Err(MaterialKind::Identity.unavailable(&why.to_string())),
    }
}

fn authenticated<E: fmt::Display>(given: Result<Credentials, E>) -> Result<Vec<Secret>> {
    match given {
        Ok(Credentials { username, secret, expires }) => {
            let expires = expires.map(|at| {
                let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                since.as_secs_f64()
            });
            Ok(vec![document::credentials(username.as_deref(), &secret.0, expires)])
        }
        Err(why) => Err(MaterialKind::Credentials.unavailable(&why.to_string())),
    }
}

/// An error if this thread is in a provider of this profile: it would wait for itself.
pub(crate) fn forbid_within(profile: &Arc<Profile>) -> Result<()> {
    match SERVED.get() == name(profile) {
        true => Err(Error::with_detail(
            Code::ClientMisuse,
            "a provider must not use the client it provides for",
        )),
        false => Ok(()),
    }
}

fn name(profile: &Arc<Profile>) -> usize {
    Arc::as_ptr(profile).addr()
}

thread_local! {
    /// The profile whose provider this thread is in.
    static SERVED: Cell<usize> = const { Cell::new(0) };
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|(kind, _)| kind)).finish()
    }
}
