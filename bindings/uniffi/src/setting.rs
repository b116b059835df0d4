//! Settings by their names in the core's table, in and out.

use std::{collections::HashMap, fmt};

use redlatch::core::{
    config::{SETTINGS, Value},
    document,
};
use serde_json::Value as Json;

use crate::error::CallError;

/// The value of a setting. It may be a password, so it is not printed.
#[derive(Clone, PartialEq, uniffi::Enum)]
#[uniffi::export(Display)]
pub enum Setting {
    /// Text; parsed to the setting's kind, such as `500ms`.
    Text {
        /// It.
        value: String,
    },
    /// A whole number.
    Integer {
        /// It.
        value: i64,
    },
    /// A number of seconds.
    Number {
        /// It.
        value: f64,
    },
    /// True or false.
    Bool {
        /// It.
        value: bool,
    },
    /// Several texts.
    Texts {
        /// They.
        values: Vec<String>,
    },
}

/// A row of the table of settings.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SettingRow {
    /// Name in every language, up to its spelling conventions.
    pub name: String,
    /// `text`, `secret`, `path`, `bool`, `integer`, `seconds`, `choice` or `list`.
    pub kind: String,
    /// Default, as text; empty means unset.
    pub default: String,
    /// Environment variables, first one preferred.
    pub environment: Vec<String>,
    /// What it does, with its unit.
    pub sentence: String,
}

/// Every setting there is.
#[uniffi::export]
pub fn settings() -> Vec<SettingRow> {
    let row = |row: &redlatch::core::config::Setting| SettingRow {
        name: row.name.to_owned(),
        kind: format!("{:?}", row.kind).to_lowercase(),
        default: row.default.to_owned(),
        environment: row.environment.iter().map(|name| (*name).to_owned()).collect(),
        sentence: row.sentence.to_owned(),
    };
    SETTINGS.iter().map(row).collect()
}

/// Settings as the core takes them.
pub(crate) fn given(settings: &HashMap<String, Setting>) -> Vec<(&str, Value)> {
    settings.iter().map(|(name, setting)| (name.as_str(), setting.into())).collect()
}

/// The settings in force; what is not set is left out.
pub(crate) fn in_force(config: &redlatch::Config) -> HashMap<String, Setting> {
    let Ok(Json::Object(all)) = serde_json::from_str(&document::config(config)) else {
        return HashMap::new();
    };
    all.into_iter().filter_map(|(name, value)| Some((name, shown(value)?))).collect()
}

fn shown(value: Json) -> Option<Setting> {
    Some(match value {
        Json::String(value) => Setting::Text { value },
        Json::Bool(value) => Setting::Bool { value },
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Setting::Integer { value },
            (None, value) => Setting::Number { value: value? },
        },
        Json::Array(items) => {
            let texts = items.into_iter().filter_map(|item| item.as_str().map(str::to_owned));
            Setting::Texts { values: texts.collect() }
        }
        _ => return None,
    })
}

/// A document of the core as a record with the same fields.
pub(crate) fn read<T: serde::de::DeserializeOwned>(document: &str) -> Result<T, CallError> {
    serde_json::from_str(document).map_err(|error| {
        let bug = redlatch::Error::with_detail(redlatch::Code::InternalBug, error.to_string());
        bug.into()
    })
}

impl From<&Setting> for Value {
    fn from(setting: &Setting) -> Self {
        match setting {
            Setting::Text { value } => Self::Text(value.clone()),
            Setting::Integer { value } => Self::Integer(*value),
            Setting::Number { value } => Self::Number(*value),
            Setting::Bool { value } => Self::Bool(*value),
            Setting::Texts { values } => Self::List(values.clone()),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
