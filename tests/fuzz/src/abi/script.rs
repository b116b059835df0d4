//! A list of calls, read from bytes.

/// What is left of it.
pub(super) struct Script<'a>(&'a [u8]);

/// One call.
pub(super) struct Step<'a> {
    /// Which function, in some numbering.
    pub(super) call: u8,
    /// Which handles, and which of them are NULL.
    pub(super) handles: u8,
    pub(super) argument: &'a [u8],
}

impl<'a> Script<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(super) fn next(&mut self) -> Option<Step<'a>> {
        let [call, handles, length, rest @ ..] = self.0 else { return None };
        let (argument, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        self.0 = rest;
        Some(Step { call: *call, handles: *handles, argument })
    }
}

impl Step<'_> {
    pub(super) fn first(&self) -> u8 {
        self.argument.first().copied().unwrap_or_default()
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.argument.get(1..).unwrap_or_default()
    }

    /// The argument as pointer and length; now and then a pointer that is NULL.
    pub(super) fn bytes(&self) -> (*const u8, usize) {
        match self.handles & 0xf0 {
            0xf0 => (std::ptr::null(), self.argument.len()),
            _ => (self.argument.as_ptr(), self.argument.len()),
        }
    }
}
