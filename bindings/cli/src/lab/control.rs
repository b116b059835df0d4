//! The wire between a verb and the running lab: one JSON line asks, JSON lines answer.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::LabFile;
use super::verbs::Verb;
use crate::failure::{Because, Failure};

/// Runs `verb` in the lab of `dir` and prints what it says.
pub(crate) fn ask(dir: &Path, verb: Verb) -> Result<(), Failure> {
    let gone = || Failure::new(format_args!("no lab runs in {}", dir.display()));
    let file = LabFile::read(dir)?.ok_or_else(gone)?;
    let mut stream = UnixStream::connect(&file.control).map_err(|_| gone())?;
    let verb = verb.absolute()?;
    send(&mut stream, &verb).because("reach the lab")?;

    let mut end = None;
    for line in BufReader::new(stream).lines() {
        let line = line.because("hear from the lab")?;
        match serde_json::from_str(&line).because("understand the lab")? {
            Answer::Say(text) => print(&text),
            Answer::Done(text) => {
                print(&text);
                end = Some(Ok(()));
            }
            Answer::Failed(reason) => end = Some(Err(Failure::new(reason))),
        }
    }
    end.unwrap_or_else(|| Err(Failure::new("the lab ended before it answered")))
}

/// True if a lab listens there.
pub(crate) fn answers(control: &Path) -> bool {
    UnixStream::connect(control).is_ok()
}

/// Reads the one line a verb sends.
pub(crate) fn read_request(stream: &UnixStream) -> io::Result<Verb> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_REQUEST)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The lab's side of one verb. A caller that has gone away is not an error: the verb goes on.
pub(crate) struct Caller(UnixStream);

impl Caller {
    pub(crate) fn new(stream: UnixStream) -> Caller {
        Caller(stream)
    }

    /// Tells one step.
    pub(crate) fn say(&mut self, line: impl Display) {
        let _ = send(&mut self.0, &Answer::Say(line.to_string()));
    }

    /// Ends the conversation.
    pub(crate) fn finish(mut self, result: Result<String, Failure>) {
        let answer = match result {
            Ok(line) => Answer::Done(line),
            Err(failure) => Answer::Failed(failure.to_string()),
        };
        let _ = send(&mut self.0, &answer);
    }
}

/// What the lab sends: any number of `say`, then one of the others.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Say(String),
    Done(String),
    Failed(String),
}

fn send(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Like `println!`, but a reader that closed its end early is no reason to panic.
fn print(line: &str) {
    if !line.is_empty() {
        let _ = writeln!(io::stdout(), "{line}");
    }
}

const LONGEST_REQUEST: u64 = 64 * 1024;
