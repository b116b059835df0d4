//! The sources of settings laid over each other; each value remembers where it came from.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    environment,
    settings::{Kind, SETTINGS, setting, truth},
    url,
};
use crate::error::{Code, Error, Result};

/// A value as a host language hands it in.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Text; parsed to the setting's kind.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number of seconds.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// Several texts.
    List(Vec<String>),
}

/// Shows the kind only: it may be a password.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(***)",
            Self::Integer(_) => "Integer(***)",
            Self::Number(_) => "Number(***)",
            Self::Bool(_) => "Bool(***)",
            Self::List(_) => "List(***)",
        })
    }
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::List(texts) if texts.is_empty() => String::new(),
            Self::List(texts) => serde_json::json!(texts).to_string(),
        }
    }
}

struct Entry {
    text: String,
    origin: String,
}

/// Values by setting name; a value laid down earlier stays.
#[derive(Default)]
pub(super) struct Layers {
    values: BTreeMap<&'static str, Entry>,
    pub(super) warnings: Vec<String>,
}

impl Layers {
    pub(super) fn explicit<'a>(
        &mut self,
        settings: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<()> {
        let mut address = None;
        for (name, value) in settings {
            let Some(row) = setting(name) else {
                return Err(unknown(name, name));
            };
            let text = value.into_text();
            if row.name == "url" {
                address = Some(text);
            } else if !text.is_empty() {
                self.put(row.name, text, shown(row.name));
            }
        }
        match address {
            Some(address) => self.url(&address, "url"),
            None => Ok(()),
        }
    }

    /// Lays the host's own defaults below all sources.
    pub(super) fn defaults<'a>(
        &mut self,
        settings: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<()> {
        let mut layer = Self::default();
        layer.explicit(settings)?;
        self.lay(layer);
        Ok(())
    }

    /// Lays the parts of a URL below what is there.
    pub(super) fn url(&mut self, address: &str, origin: &str) -> Result<()> {
        let mut layer = Self::default();
        for (name, text) in url::split(address, origin)? {
            layer.put(name, text, format!("{origin} ({name})"));
        }
        self.lay(layer);
        Ok(())
    }

    /// Lays a weaker source below what is there.
    fn lay(&mut self, layer: Self) {
        let taken = |name: &str| {
            ALTERNATIVES
                .iter()
                .filter(|group| group.contains(&name))
                .any(|group| group.iter().any(|other| *other != name && self.is_set(other)))
        };
        let kept: Vec<_> = layer.values.into_iter().filter(|(name, _)| !taken(name)).collect();
        for (name, entry) in kept {
            self.values.entry(name).or_insert(entry);
        }
        self.warnings.extend(layer.warnings);
    }

    pub(super) fn environment(&mut self, variables: &[(String, String)]) -> Result<()> {
        let read = environment::read(variables);
        let mut layer = Self { warnings: read.warnings, ..Self::default() };
        for (name, text, variable) in read.values {
            layer.put_once(name, text, variable)?;
        }
        if let Some((address, variable)) = read.url {
            for (name, text) in url::split(&address, &variable)? {
                layer.put_once(name, text, format!("{variable} ({name})"))?;
            }
        }
        self.lay(layer);
        Ok(())
    }

    fn put(&mut self, name: &'static str, text: String, origin: String) {
        self.values.entry(name).or_insert(Entry { text, origin });
    }

    /// Two values of one source that differ leave no way to tell which one is meant.
    fn put_once(&mut self, name: &'static str, text: String, origin: String) -> Result<()> {
        match self.values.get(name) {
            Some(entry) if !is_same(name, &entry.text, &text) => {
                Err(Error::new(Code::ConfigConflict)
                    .with("first", &entry.origin)
                    .with("second", origin))
            }
            _ => {
                self.put(name, text, origin);
                Ok(())
            }
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The name under which the user gave the setting.
    pub(super) fn origin(&self, name: &str) -> String {
        self.values.get(name).map_or_else(|| name.to_owned(), |entry| entry.origin.clone())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let given = self.values.get(name).map(|entry| entry.text.as_str());
        let text = given.or_else(|| setting(name).map(|row| row.default))?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether a setting asks for something that is not so anyway.
    pub(super) fn is_given(&self, name: &str) -> bool {
        let default = |text| setting(name).is_some_and(|row| row.kind.is_same(text, row.default));
        self.values.get(name).is_some_and(|entry| !default(&entry.text))
    }

    /// The one of `names` that is given; two at once are an error.
    pub(super) fn only_one(&self, names: &[&'static str]) -> Result<Option<&'static str>> {
        let mut given = names.iter().copied().filter(|name| self.is_given(name));
        match (given.next(), given.next()) {
            (Some(first), Some(second)) => Err(self.conflict(first, second)),
            (Some(name), None) if setting(name).is_some_and(|row| row.kind == Kind::Bool) => {
                self.bool(name).map(|_| Some(name))
            }
            (first, _) => Ok(first),
        }
    }

    /// Several texts, blanks around them and empty ones left out.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>> {
        let text = self.text(name).unwrap_or_default();
        let texts = match text.trim_start().starts_with('[') {
            true => serde_json::from_str::<Vec<String>>(&text)
                .map_err(|_| self.invalid(name, "is no JSON array of strings"))?,
            false => text.split(',').map(str::to_owned).collect(),
        };
        let texts = texts.iter().map(|text| text.trim().to_owned());
        Ok(texts.filter(|text| !text.is_empty()).collect())
    }

    /// Text without blanks, as CLIENT SETINFO and SETNAME demand.
    pub(super) fn word(&self, name: &str) -> Result<Option<String>> {
        match self.text(name) {
            Some(text) if text.contains(|c: char| !c.is_ascii_graphic()) => {
                Err(self.invalid(name, "must be printable ASCII without blanks"))
            }
            word => Ok(word),
        }
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    pub(super) fn bool(&self, name: &str) -> Result<bool> {
        truth(&self.text(name).unwrap_or_default())
            .ok_or_else(|| self.invalid(name, "must be true or false"))
    }

    pub(super) fn integer(&self, name: &str, least: i64, most: i64) -> Result<i64> {
        let text = self.text(name).unwrap_or_default();
        match text.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(_) => Err(self.invalid(name, format!("must be from {least} to {most}"))),
            Err(_) => Err(self.invalid(name, "must be a whole number")),
        }
    }

    /// A count or a number of bytes that this machine can address.
    pub(super) fn size(&self, name: &str, least: i64) -> Result<usize> {
        Ok(usize::try_from(self.integer(name, least, i64::MAX)?).unwrap_or(usize::MAX))
    }

    pub(super) fn seconds(&self, name: &str) -> Result<Duration> {
        self.optional_seconds(name)?.ok_or_else(|| self.invalid(name, "must be more than zero"))
    }

    /// A duration that is short, or zero.
    pub(super) fn moment(&self, name: &str, longest: Duration) -> Result<Duration> {
        let moment = self.optional_seconds(name)?.unwrap_or_default();
        match moment <= longest {
            true => Ok(moment),
            false => Err(self.invalid(name, format!("must be at most {longest:?}"))),
        }
    }

    pub(super) fn optional_seconds(&self, name: &str) -> Result<Option<Duration>> {
        let text = self.text(name).unwrap_or_default();
        let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
            Some(at) => text.split_at(at),
            None => (text.as_str(), "s"),
        };
        let factor = match unit {
            "us" => 0.000_001,
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => f64::NAN,
        };
        let seconds = number.parse::<f64>().unwrap_or(f64::NAN) * factor;
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) if duration.as_secs() < 1 << 32 => {
                Ok(Some(duration).filter(|duration| !duration.is_zero()))
            }
            _ => Err(self.invalid(name, "must be a duration such as 5, 1.5, 500ms or 2m")),
        }
    }

    /// An error if `name` and one of `others` are both given.
    pub(super) fn exclude(&self, name: &str, others: &[&str]) -> Result<()> {
        match others.iter().find(|other| self.is_set(name) && self.is_set(other)) {
            Some(other) => Err(self.conflict(name, other)),
            None => Ok(()),
        }
    }

    pub(super) fn conflict(&self, first: &str, second: &str) -> Error {
        Error::new(Code::ConfigConflict)
            .with("first", self.origin(first))
            .with("second", self.origin(second))
    }

    pub(super) fn missing(&self, name: &str, because: &str) -> Error {
        Error::new(Code::ConfigMissing)
            .with("setting", name)
            .with("needed_by", self.origin(because))
    }

    /// A bad value; the value itself is shown only if it cannot be a secret.
    pub(super) fn invalid(&self, name: &str, why: impl Into<String>) -> Error {
        let error = Error::with_detail(Code::ConfigInvalid, why).with("setting", self.origin(name));
        let harmless = setting(name).is_some_and(|row| {
            !matches!(row.kind, Kind::Secret | Kind::Text | Kind::Path | Kind::List)
        });
        match self.values.get(name) {
            Some(entry) if harmless && entry.text.len() <= 64 => error.with("value", &entry.text),
            _ => error,
        }
    }
}

/// Ways to say the same thing: a stronger source that uses one silences the others.
const ALTERNATIVES: &[&[&str]] = &[
    &["password", "password_file", "password_command", "provide_credentials"],
    &["username", "username_file"],
    &["ca_file", "ca_files", "ca_pem", "provide_trust"],
    &["cert_file", "cert_pem", "provide_identity"],
    &["key_file", "key_pem", "provide_identity"],
    &["key_password", "key_password_file"],
    &["path", "host"],
    &["path", "port"],
    &["verify", "danger_accept_any_certificate"],
];

/// A provider is given as such, and the flag is set by the binding.
fn shown(name: &str) -> String {
    match name.strip_prefix("provide_") {
        Some(material) => format!("{material}_provider"),
        None => name.to_owned(),
    }
}

fn is_same(name: &str, left: &str, right: &str) -> bool {
    setting(name).map_or(left == right, |row| row.kind.is_same(left, right))
}

/// `origin`: what the name is called where it was found.
pub(super) fn unknown(name: &str, origin: &str) -> Error {
    let error = Error::new(Code::ConfigUnknown).with("setting", origin);
    let near = SETTINGS
        .iter()
        .map(|row| (distance(name, row.name), row.name))
        .min()
        .filter(|(steps, _)| *steps <= 2);
    match near {
        Some((_, near)) => error.with("did_you_mean", near),
        None => error,
    }
}

/// Levenshtein distance, for names only.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let right = right.as_bytes();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, byte) in left.bytes().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for column in 0..right.len() {
            let above = row[column + 1];
            let swapped = diagonal + usize::from(byte != right[column]);
            row[column + 1] = swapped.min(above + 1).min(row[column] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}
