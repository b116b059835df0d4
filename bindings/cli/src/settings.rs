//! The settings as flags, made from the core's table: a setting added there is a flag here.
//!
//! A flag is never a secret: other users of the machine see command lines. Secrets come from a
//! file, standard input or the environment.

use std::io::{self, Read as _};
use std::sync::{Arc, OnceLock};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use redlatch::core::config::{Kind, SETTINGS, Setting, Value, setting};
use redlatch::{Code, Error, Profile, Result};

use crate::failure::warn;

/// What the command line says about a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    url: Option<String>,
    from_env: bool,
    flags: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads what is left outside the command line and makes a profile of it all.
    pub(crate) fn open(&self) -> Result<Arc<Profile>> {
        redlatch::open(self.read()?, self.from_env)
    }

    /// What the command line says, with what it leaves to standard input.
    pub(crate) fn read(&self) -> Result<Vec<(&'static str, Value)>> {
        self.at(self.url.as_ref())
    }

    /// The same of another URL.
    pub(crate) fn elsewhere(&self, url: &str) -> Result<Vec<(&'static str, Value)>> {
        self.at(Some(&url.to_owned()))
    }

    fn at(&self, url: Option<&String>) -> Result<Vec<(&'static str, Value)>> {
        let mut settings = Vec::new();
        if let Some(url) = url {
            if holds_secret(url) {
                warn(
                    "warning: other users can see the password in the URL; \
                     use --password-file, or REDIS_URL with --from-env",
                );
            }
            settings.push(("url", Value::Text(url.clone())));
        }
        for (name, text) in &self.flags {
            settings.push(match (*name, text.as_str()) {
                ("password_file", "-") => ("password", Value::Text(password_of_stdin()?)),
                _ => (*name, Value::Text(text.clone())),
            });
        }
        Ok(settings)
    }

    /// The same without what proves who the client is to the server: no secret is read.
    pub(crate) fn without_login(&self) -> Settings {
        let flags = self.flags.iter().filter(|(name, _)| !LOGIN.contains(name)).cloned();
        Settings { flags: flags.collect(), ..self.clone() }
    }

    /// Whether the environment is read, too.
    pub(crate) fn reads_env(&self) -> bool {
        self.from_env
    }
}

/// Whether anybody who lists processes can read a secret in this URL.
fn holds_secret(url: &str) -> bool {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    let user = place.rsplit_once('@').map_or("", |(user, _)| user);
    let is_secret = |name| setting(name).is_some_and(|row| row.kind == Kind::Secret);
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
        || query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, _)| is_secret(name))
}

/// Read once, however many profiles are made of it.
fn password_of_stdin() -> Result<String> {
    static READ: OnceLock<String> = OnceLock::new();
    if let Some(password) = READ.get() {
        return Ok(password.clone());
    }
    let unreadable = |why: String| {
        Error::with_detail(Code::AuthUnavailable, why).with("source", "standard input")
    };
    let mut password = String::new();
    io::stdin()
        .take(LONGEST_PASSWORD)
        .read_to_string(&mut password)
        .map_err(|error| unreadable(error.to_string()))?;
    let password = password.trim_end_matches(['\r', '\n']);
    match password.is_empty() {
        true => Err(unreadable("it is empty".to_owned())),
        false => Ok(READ.get_or_init(|| password.to_owned()).clone()),
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let command = command
            .arg(Arg::new("url").value_name("URL").help(
                "redis://, rediss://, valkey://, valkeys:// or unix:// address; settings may \
                 follow as its query",
            ))
            .arg(
                Arg::new("from_env")
                    .long("from-env")
                    .visible_alias("env")
                    .action(ArgAction::SetTrue)
                    .help("Also read REDIS_URL, or REDIS_HOST and its siblings"),
            );
        command.next_help_heading("Settings").args(rows().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let flags =
            rows().filter_map(|row| Some((row.name, matches.get_one::<String>(row.name)?.clone())));
        Ok(Self {
            url: matches.get_one::<String>("url").cloned(),
            from_env: matches.get_flag("from_env"),
            flags: flags.collect(),
        })
    }

    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings that are flags: neither secrets nor whole files, nor what takes a program.
fn rows() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|row| {
        row.name != "url"
            && !matches!(row.kind, Kind::Secret)
            && !row.name.ends_with("_pem")
            && !row.name.starts_with("provide_")
    })
}

fn flag(row: &'static Setting) -> Arg {
    let mut help = row.sentence.trim_end_matches('.').to_owned();
    if row.name == "password_file" {
        help += "; - reads standard input, once";
    }
    if !row.default.is_empty() {
        help += &format!(" [default: {}]", row.default);
    }
    let arg = Arg::new(row.name)
        .long(row.name.replace('_', "-"))
        .help(help)
        .hide_short_help(!COMMON.contains(&row.name));
    match row.kind {
        Kind::Bool => arg
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Kind::Path => arg.value_name("FILE"),
        Kind::Integer => arg.value_name("N"),
        Kind::Seconds => arg.value_name("SECONDS"),
        Kind::Choice => arg.value_name("WORD"),
        Kind::List => arg.value_name("LIST"),
        Kind::Text | Kind::Secret => arg.value_name("TEXT"),
    }
}

/// What `-h` shows; `--help` shows all.
const COMMON: &[&str] = &[
    "host",
    "port",
    "username",
    "password_file",
    "tls",
    "ca_file",
    "cert_file",
    "key_file",
    "verify",
    "expected_name",
    "timeout",
];
/// Who the client is.
const LOGIN: &[&str] =
    &["username", "username_file", "password_file", "password_command", "require_server_auth"];
const LONGEST_PASSWORD: u64 = 64 * 1024;
