//! Commands, always arrays of bulk strings. Only `out` ever allocates.

/// Longest header: type byte, 20 digits, CR LF.
const HEADER: usize = 23;

/// Appends one command.
///
/// An empty command is encoded too, but a server never answers it: refuse it before.
pub fn encode_command<A: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    args: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
) {
    let args = args.into_iter();
    begin_command(out, args.len());
    for arg in args {
        push_argument(out, arg.as_ref());
    }
}

/// Starts a command of exactly `count` arguments, the command's name included.
pub fn begin_command(out: &mut Vec<u8>, count: usize) {
    push_header(out, b'*', count);
}

/// Appends the next argument of a command that was begun.
#[inline]
pub fn push_argument(out: &mut Vec<u8>, arg: &[u8]) {
    // One check for growth here makes those below free of reallocation.
    out.reserve(arg.len().saturating_add(HEADER + 2));
    push_header(out, b'$', arg.len());
    out.extend_from_slice(arg);
    out.extend_from_slice(b"\r\n");
}

#[inline]
fn push_header(out: &mut Vec<u8>, kind: u8, number: usize) {
    match number {
        0..10 => out.extend_from_slice(&[kind, digit(number), b'\r', b'\n']),
        10..100 => {
            out.extend_from_slice(&[kind, digit(number / 10), digit(number), b'\r', b'\n']);
        }
        100..1000 => {
            let [hundreds, tens] = [number / 100, number / 10].map(digit);
            out.extend_from_slice(&[kind, hundreds, tens, digit(number), b'\r', b'\n']);
        }
        _ => push_long_header(out, kind, number),
    }
}

fn push_long_header(out: &mut Vec<u8>, kind: u8, mut number: usize) {
    let mut line = [b'\n'; HEADER];
    line[HEADER - 2] = b'\r';
    let mut at = HEADER - 2;
    // Never longer than the line; the condition spares the check of each access.
    while number > 0 && (2..HEADER).contains(&at) {
        at -= 1;
        line[at] = digit(number);
        number /= 10;
    }
    line[at - 1] = kind;
    out.extend_from_slice(&line[at - 1..]);
}

/// The last decimal digit.
#[inline]
fn digit(number: usize) -> u8 {
    b'0' + (number % 10) as u8
}
