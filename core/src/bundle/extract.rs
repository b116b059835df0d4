//! Finds certificates in any text form.
//!
//! The search is lexical on purpose. PEM markers are unmistakable wherever they stand, so JSON,
//! YAML, CSV, Python lists and joined output need no parser of their own, keep their order, lose
//! nothing to repeated keys and are still understood when the document around them is damaged.

use super::{
    base64_value::{Token, decode_block},
    der::{self, Sort},
    marker::{Label, PKCS7, PKCS12, next_marker},
    text,
};

/// What a file holds.
#[derive(Default)]
pub(super) struct Found {
    /// One entry per announced certificate, in file order, or why it cannot be read.
    pub(super) blocks: Vec<Result<Block, &'static str>>,
    pub(super) private_key: bool,
    /// What was recognised and left out.
    pub(super) foreign: Vec<&'static str>,
    /// Certificates in comment lines.
    pub(super) commented: usize,
    forms: Vec<&'static str>,
}

/// One certificate: an outer SEQUENCE of the right length, nothing more is known.
pub(super) struct Block {
    pub(super) der: Vec<u8>,
    /// Its own trust settings exclude TLS servers.
    pub(super) distrusted: bool,
}

pub(super) fn extract(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    found.read(bytes, 0);
    found
}

/// A Secret's `data` in a manifest that was itself encoded is two; more is not a bundle.
const MAX_DEPTH: usize = 3;

impl Found {
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<_> = self.forms.iter().map(|form| (*form).to_owned()).collect();
        notes.extend(self.foreign.iter().map(|what| format!("left out: {what}")));
        if self.commented > 0 {
            notes.push(format!("left out: {} in comment lines", self.commented));
        }
        notes
    }

    fn read(&mut self, bytes: &[u8], depth: usize) {
        let before = self.blocks.len();
        let mut forms = Vec::new();
        if der::is_der(bytes) {
            forms.push(if depth == 0 { "DER" } else { "base64 of DER" });
            self.read_der(bytes);
        } else {
            let text = text::plain(bytes);
            forms.extend(&text.notes);
            forms.extend((depth > 0).then_some("base64 of PEM"));
            self.read_comments(&text.comments);
            forms.extend(document(&text.body));
            self.read_text(&text.body, depth, &mut forms);
        }
        if self.blocks.len() > before {
            forms.into_iter().for_each(|form| once(&mut self.forms, form));
        }
    }

    fn read_der(&mut self, mut bytes: &[u8]) {
        while !bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            let Some(one) = der::element(bytes).filter(|one| one.tag == 0x30) else {
                return self.blocks.push(Err("its DER is cut short or damaged"));
            };
            match der::sort(one.whole) {
                Sort::Certificate => {
                    let block = Block { der: one.whole.to_vec(), distrusted: false };
                    self.blocks.push(Ok(block));
                }
                Sort::PrivateKey => self.private_key = true,
                Sort::Pkcs7 => once(&mut self.foreign, PKCS7),
                Sort::Pkcs12 => once(&mut self.foreign, PKCS12),
                Sort::Other => once(&mut self.foreign, "DER that is no certificate"),
            }
            bytes = one.rest;
        }
    }

    fn read_comments(&mut self, comments: &[u8]) {
        let mut at = 0;
        while let Some(marker) = next_marker(comments, at) {
            self.private_key |= marker.label == Label::PrivateKey;
            self.commented += usize::from(marker.begins && marker.label.is_certificate());
            at = marker.end;
        }
    }

    fn read_text(&mut self, text: &[u8], depth: usize, forms: &mut Vec<&'static str>) {
        let (mut at, mut previous_end) = (0, None);
        while let Some(begin) = next_marker(text, at) {
            self.read_base64(&text[at..begin.start], depth);
            at = begin.end;
            if !begin.begins {
                if begin.label.is_certificate() {
                    self.blocks.push(Err("an END line without its BEGIN line"));
                }
                continue;
            }
            let end = next_marker(text, at);
            let closed = end.as_ref().filter(|end| !end.begins && end.label == begin.label);
            let inside = &text[at..end.as_ref().map_or(text.len(), |end| end.start)];
            at = closed.map_or(at + inside.len(), |end| end.end);
            match &begin.label {
                Label::PrivateKey => self.private_key = true,
                Label::Other(what) => once(&mut self.foreign, what),
                Label::Certificate | Label::Trusted => {
                    let whole = begin.whole && closed.is_none_or(|end| end.whole);
                    let block = match closed {
                        _ if !whole => Err("its BEGIN or END line is damaged"),
                        None => Err("its END line is missing"),
                        Some(_) => self.read_block(inside, begin.label == Label::Trusted),
                    };
                    self.blocks.push(block);
                    let gap = &text[previous_end.unwrap_or(0)..begin.start];
                    forms.extend(joint(gap, previous_end.is_none()));
                    previous_end = Some(at);
                }
            }
        }
        self.read_base64(&text[at..], depth);
    }

    fn read_block(&mut self, inside: &[u8], trusted: bool) -> Result<Block, &'static str> {
        let bytes = decode_block(inside)?;
        let one = der::element(&bytes).ok_or("it is cut short")?;
        match der::sort(one.whole) {
            Sort::Certificate => {}
            Sort::PrivateKey => {
                self.private_key = true;
                return Err("its content is a private key");
            }
            _ => return Err("its content is not a certificate"),
        }
        if !trusted && !one.rest.is_empty() {
            return Err("more bytes follow the certificate");
        }
        Ok(Block { der: one.whole.to_vec(), distrusted: der::refuses_servers(one.rest) })
    }

    /// Base64 that stands by itself, like the values of a Kubernetes Secret.
    fn read_base64(&mut self, text: &[u8], depth: usize) {
        let mut rest = text;
        while let Some((token, after)) = Token::next(rest) {
            rest = after;
            if !token.is_candidate() {
                continue;
            }
            if depth < MAX_DEPTH {
                self.read(&token.decode(), depth + 1);
            } else if token.is_pem() {
                self.blocks.push(Err("it is wrapped in base64 too many times"));
            }
        }
    }
}

/// Adds a note that is not there yet.
fn once(notes: &mut Vec<&'static str>, note: &'static str) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// The kind of document, for the notes only.
fn document(text: &[u8]) -> Option<&'static str> {
    let (first, rest) = text.trim_ascii_start().split_first()?;
    match first {
        b'{' => Some("JSON"),
        b'[' if rest.trim_ascii_start().starts_with(b"'") => Some("Python list"),
        b'[' => Some("JSON"),
        _ => None,
    }
}

/// How a block follows what is before it, for the notes only.
fn joint(gap: &[u8], is_first: bool) -> Option<&'static str> {
    let trimmed = gap.trim_ascii();
    let has_line_end = gap.iter().any(text::is_line_end);
    match gap {
        _ if !is_first && trimmed == b";" => Some("joined by ';'"),
        _ if is_first || has_line_end || !trimmed.is_empty() => match gap {
            [.., b'"' | b'\''] => Some("quoted"),
            [.., b' ' | b'\t'] if has_line_end => Some("indented"),
            _ => None,
        },
        [] => Some("joined without a line break"),
        _ if gap.contains(&b'\t') => Some("joined by TAB"),
        _ => Some("joined by spaces"),
    }
}
