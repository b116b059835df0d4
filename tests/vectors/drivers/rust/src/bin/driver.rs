//! Does what the vectors ask with the Rust crate: a line in, a line out. Decides nothing.
//!
//! Usage: vectors-rust blocking|tokio

use std::{
    env, fs,
    io::{self, BufRead as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use redlatch::{
    Client, Code, Connection, Error, Event, Result, aio,
    core::{config::Value as Setting, document, resp::Value},
};
use serde_json::{Map, Value as Json, json};
use tokio::runtime::Runtime;

fn main() -> io::Result<()> {
    let tokio = env::args().nth(1).is_some_and(|kind| kind == "tokio");
    let mut driver = Driver { runtime: Runtime::new()?, tokio, client: None, seen: Vec::new() };
    for line in io::stdin().lock().lines() {
        let ask = serde_json::from_str(&line?)?;
        let answer = match driver.act(&ask) {
            Ok(value) => json!({"value": value}),
            Err(error) => json!({"error": shown(&error)}),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

struct Driver {
    runtime: Runtime,
    tokio: bool,
    client: Option<(Client, Face)>,
    seen: Vec<Event>,
}

/// The ways to run commands.
enum Face {
    Blocking(Box<Connection>),
    /// The connection is made at the first use, since it connects at once.
    Tokio(Option<(aio::Connection, Arc<Mutex<Vec<Event>>>)>),
}

impl Driver {
    fn act(&mut self, ask: &Json) -> Result<Json> {
        match ask["do"].as_str().unwrap_or_default() {
            "open" => self.open(ask).map(|()| Json::Null),
            "config" => Ok(parsed(&self.parts().0.config())),
            "bundle" => {
                let data = fs::read(text(&ask["file"])).map_err(broken)?;
                Ok(parsed(&document::bundle(&redlatch::read_bundle(&data)?)))
            }
            "codes" => Ok(Code::ALL.iter().map(|code| row(*code)).collect()),
            "call" => self.call(ask).map(|value| plain(&value)),
            "burst" => {
                let calls = (0..ask["times"].as_u64().unwrap_or_default()).map(|_| self.call(ask));
                Ok(calls.map(|it| it.map_or_else(|e| shown(&e), |v| plain(&v))).collect())
            }
            "events" => {
                let found = self.events()?;
                self.seen.extend(found.iter().cloned());
                Ok(found.iter().map(|event| parsed(&document::event(event))).collect())
            }
            "status" => self.status().map(|status| parsed(&status)),
            "reload" => self.reload().map(|()| Json::Null),
            "close" => self.close().map(|()| Json::Null),
            "texts" => {
                let mut texts = vec![format!("{:?}", self.seen), self.status()?];
                let (client, face) = self.parts();
                texts.extend([format!("{client:?}"), client.config()]);
                texts.push(match face {
                    Face::Blocking(connection) => format!("{connection:?}"),
                    Face::Tokio(connection) => format!("{connection:?}"),
                });
                Ok(json!(texts))
            }
            other => Err(broken(format!("there is no act {other}"))),
        }
    }

    fn open(&mut self, ask: &Json) -> Result<()> {
        self.client = None;
        self.seen.clear();
        let fields = |name: &str| ask[name].as_object().cloned().unwrap_or_default();
        let (settings, variables) = (fields("settings"), fields("env"));
        for (name, value) in &variables {
            // SAFETY: the runtime's threads are idle and read no variable.
            unsafe { env::set_var(name, text(value)) };
        }
        let settings = settings.iter().map(|(name, value)| (name.as_str(), setting(value)));
        let profile = redlatch::open(settings, !ask["env"].is_null());
        for name in variables.keys() {
            // SAFETY: as above.
            unsafe { env::remove_var(name) };
        }
        let client = Client::from(profile?);
        let face = match self.tokio {
            true => Face::Tokio(None),
            false => Face::Blocking(Box::new(client.connection())),
        };
        self.client = Some((client, face));
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "vectors open a client first")]
    fn parts(&mut self) -> (&Client, &mut Face) {
        let (client, face) = self.client.as_mut().expect("a client");
        (client, face)
    }

    fn call(&mut self, ask: &Json) -> Result<Value> {
        let args: Vec<_> = ask["args"].as_array().into_iter().flatten().map(text).collect();
        match self.parts().1 {
            Face::Blocking(connection) => connection.call(&args),
            Face::Tokio(_) => {
                let connection = self.shared()?.0;
                self.runtime.block_on(connection.call(&args))
            }
        }
    }

    fn events(&mut self) -> Result<Vec<Event>> {
        match self.parts().1 {
            Face::Blocking(connection) => Ok(connection.events()),
            Face::Tokio(_) => {
                let events = self.shared()?.1;
                let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(std::mem::take(&mut *events))
            }
        }
    }

    fn status(&mut self) -> Result<String> {
        match self.parts().1 {
            Face::Blocking(connection) => Ok(connection.status().as_json().to_owned()),
            Face::Tokio(_) => {
                let connection = self.shared()?.0;
                self.runtime.block_on(connection.status()).map(|status| status.as_json().to_owned())
            }
        }
    }

    fn reload(&mut self) -> Result<()> {
        match self.parts().1 {
            Face::Blocking(connection) => connection.reload(),
            Face::Tokio(_) => {
                let connection = self.shared()?.0;
                self.runtime.block_on(connection.reload());
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        match self.parts().1 {
            Face::Blocking(connection) => connection.close(),
            Face::Tokio(_) => {
                let connection = self.shared()?.0;
                self.runtime.block_on(connection.close());
            }
        }
        Ok(())
    }

    /// The connection that tasks share, and what it told.
    fn shared(&mut self) -> Result<(aio::Connection, Arc<Mutex<Vec<Event>>>)> {
        let runtime = self.runtime.handle().clone();
        let (client, face) = self.parts();
        if let Face::Tokio(Some(shared)) = face {
            return Ok(shared.clone());
        }
        let connection = runtime.block_on(client.async_connection())?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (mut events, list) = (connection.events(), heard.clone());
        runtime.spawn(async move {
            while let Some(event) = events.next().await {
                list.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        *face = Face::Tokio(Some((connection.clone(), heard.clone())));
        Ok((connection, heard))
    }
}

fn setting(value: &Json) -> Setting {
    match value {
        Json::Bool(value) => Setting::Bool(*value),
        Json::Number(number) => number.as_i64().map_or(Setting::Number(f64::NAN), Setting::Integer),
        other => Setting::Text(text(other)),
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn parsed(document: &str) -> Json {
    serde_json::from_str(document).unwrap_or_default()
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Bool(value) => json!(value),
        Value::Array(items) | Value::Set(items) => items.iter().map(plain).collect(),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (text(&plain(key)), plain(value)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Error(text) => json!({"error": text}),
        other => json!(other.as_bytes().map(String::from_utf8_lossy)),
    }
}

fn row(code: Code) -> Json {
    json!({
        "code": code.name(),
        "number": code.number(),
        "family": code.family(),
        "retry": code.retry().name(),
        "sentence": code.sentence(),
        "remedy": code.remedy(),
        "is": [code.name(), code.family()],
    })
}

fn shown(error: &Error) -> Json {
    let mut shown = parsed(&document::error(error));
    shown["is"] = json!([error.code().name(), error.code().family()]);
    shown["texts"] = json!([error.to_string(), format!("{error:?} {error:#?}")]);
    shown
}

fn broken(why: impl ToString) -> Error {
    Error::with_detail(Code::InternalBug, why.to_string())
}
