//! One connection of a client, from dialing to the last byte.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use redlatch_core::{Error, Link as Name};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::dial::Stream;

type Dialing = Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, Error>> + Send>>;

pub(super) struct Link {
    pub(super) name: Name,
    state: State,
    /// What the socket has not taken yet.
    output: VecDeque<Vec<u8>>,
    /// Bytes of the first piece that it has taken.
    sent: usize,
    /// Whether the core knows that the socket takes no more.
    pub(super) blocked: bool,
    /// Ends once the output is sent.
    pub(super) leaving: bool,
}

enum State {
    Dialing(Dialing),
    Up(Box<dyn Stream>),
}

impl Link {
    pub(super) fn new(
        name: Name,
        dialing: impl Future<Output = Result<Box<dyn Stream>, Error>> + Send + 'static,
    ) -> Self {
        Self {
            name,
            state: State::Dialing(Box::pin(dialing)),
            output: VecDeque::new(),
            sent: 0,
            blocked: false,
            leaving: false,
        }
    }

    /// Goes on dialing; ready once, when that has ended.
    pub(super) fn poll_dial(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let State::Dialing(dialing) = &mut self.state else { return Poll::Pending };
        self.state = State::Up(ready!(dialing.as_mut().poll(cx))?);
        Poll::Ready(Ok(()))
    }

    /// Reads what is there; nothing read means that the peer has ended the connection.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let State::Up(stream) = &mut self.state else { return Poll::Pending };
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    pub(super) fn push(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.output.push_back(bytes);
        }
    }

    pub(super) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    pub(super) fn discard(&mut self) {
        self.output.clear();
        self.sent = 0;
    }

    /// Writes what waits; ready once nothing does.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Up(stream) = &mut self.state else { return Poll::Pending };
        while let Some(piece) = self.output.front() {
            let rest = piece.get(self.sent..).unwrap_or_default();
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += written;
            if written == rest.len() {
                self.output.pop_front();
                self.sent = 0;
            }
        }
        Poll::Ready(Ok(()))
    }
}
