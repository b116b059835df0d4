//! As much of HTTP/1 as probes and scrapers need: one GET or HEAD, one answer, and goodbye.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// An answer with a body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json", body }
    }

    fn error(status: u16) -> Self {
        Self::json(status, format!(r#"{{"error":"{}"}}"#, reason(status)))
    }
}

/// Reads a request, and writes what `serve` says of its path.
pub(super) fn exchange(
    mut stream: TcpStream,
    serve: impl FnOnce(&str) -> Answer,
) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(WITHIN))?;
    let (answer, with_body) = match request(&mut stream)? {
        Ok(Request { method, path }) => match method.as_str() {
            "GET" => (serve(&path), true),
            "HEAD" => (serve(&path), false),
            _ => (Answer::error(405), true),
        },
        Err(status) => (Answer::error(status), true),
    };
    let Answer { status, content_type, body } = answer;
    let mut head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n",
        reason(status),
        body.len()
    );
    if status == 405 {
        head.push_str("Allow: GET, HEAD\r\n");
    }
    head.push_str("\r\n");
    if with_body {
        head.push_str(&body);
    }
    stream.write_all(head.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    // Bytes left unread would make the kernel reset the connection, and the answer with it.
    let until = Instant::now() + LINGER;
    let mut rest = [0; 1024];
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) {
        stream.set_read_timeout(Some(left))?;
        if stream.read(&mut rest)? == 0 {
            break;
        }
    }
    Ok(())
}

struct Request {
    method: String,
    path: String,
}

/// A request without its body, or the status that refuses it. An error if there was none.
fn request(stream: &mut TcpStream) -> io::Result<Result<Request, u16>> {
    let until = Instant::now() + WITHIN;
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Err(408));
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => head.extend_from_slice(&piece[..read]),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                return Ok(Err(408));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {
                let (method, target) = (parsed.method.unwrap_or(""), parsed.path.unwrap_or(""));
                let path = target.split(['?', '#']).next().unwrap_or_default();
                return Ok(Ok(Request { method: method.to_owned(), path: path.to_owned() }));
            }
            Ok(httparse::Status::Partial) if head.len() < LONGEST_HEAD => {}
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                return Ok(Err(431));
            }
            Err(_) => return Ok(Err(400)),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// A request has to be there within this time, and an answer taken.
const WITHIN: Duration = Duration::from_secs(5);
/// How long the peer may take to close after the answer.
const LINGER: Duration = Duration::from_secs(1);
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
