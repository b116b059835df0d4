//! A command that prints a secret, run without waiting for it.

use crate::secret::Secret;

/// A command under way. Dropping it ends it.
pub trait Process: Send {
    /// How far it has come; never waits.
    fn progress(&mut self) -> Progress;
}

/// How far a command has come.
#[derive(Debug)]
pub enum Progress {
    /// It has not ended.
    Running,
    /// What it printed, or why that is of no use. The words never hold what it printed.
    Done(Result<Secret, String>),
}

#[cfg(all(feature = "files", unix))]
pub(super) use unix::start;

#[cfg(all(feature = "files", unix))]
mod unix {
    use std::{
        io::{ErrorKind, Read},
        process::{Child, ChildStdout, Command, Stdio},
    };

    use zeroize::Zeroizing;

    use super::{Process, Progress};
    use crate::secret::Secret;

    struct Running {
        child: Child,
        output: ChildStdout,
        printed: Zeroizing<Vec<u8>>,
        at_end: bool,
    }

    /// Starts a command. Its standard error is this process's own: it goes where logs go, and is
    /// not read, because it may repeat secrets.
    pub(in super::super) fn start(words: &[String]) -> Result<Box<dyn Process>, String> {
        let (program, arguments) = words.split_first().ok_or("no program is named")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let output = child.stdout.take().ok_or("its output cannot be read")?;
        rustix::fs::fcntl_setfl(&output, rustix::fs::OFlags::NONBLOCK)
            .map_err(|error| error.to_string())?;
        // The whole room at once: growing would leave copies behind.
        let printed = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
        Ok(Box::new(Running { child, output, printed, at_end: false }))
    }

    impl Process for Running {
        fn progress(&mut self) -> Progress {
            match self.read() {
                Ok(false) => return Progress::Running,
                Ok(true) => {}
                Err(why) => return Progress::Done(Err(why)),
            }
            match self.child.try_wait() {
                Ok(None) => Progress::Running,
                Ok(Some(status)) if !status.success() => {
                    Progress::Done(Err(format!("the command failed: {status}")))
                }
                // A host that ignores its children's ends has lost the status, not the output.
                Ok(Some(_)) | Err(_) => {
                    Progress::Done(Ok(Secret::new(std::mem::take(&mut *self.printed))))
                }
            }
        }
    }

    impl Running {
        /// Reads what is there. Whether that was the end.
        fn read(&mut self) -> Result<bool, String> {
            let mut chunk = Zeroizing::new([0; 4096]);
            while !self.at_end {
                match self.output.read(&mut chunk[..]) {
                    Ok(0) => self.at_end = true,
                    Ok(read) if self.printed.len() + read > LONGEST => {
                        return Err(format!("the command printed more than {LONGEST} bytes"));
                    }
                    Ok(read) => self.printed.extend_from_slice(&chunk[..read]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
            Ok(true)
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            // Already ended, as a rule; a zombie must not stay.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// A token is far shorter.
    const LONGEST: usize = 64 * 1024;
}
