//! Standard output: text for people, JSON for programs, and nothing that a foreign text could smuggle in.

pub(crate) mod csv;
mod escape;
pub(crate) mod json;
mod number;
pub(crate) mod progress;
pub(crate) mod style;
mod table;
mod time;

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use anstyle::Style;
use serde_json::Value;

pub(crate) use escape::escape;
pub(crate) use number::{bytes, count, decimal, percent, score, volume};
pub(crate) use table::{Cell, Table};
pub(crate) use time::utc;

use crate::exit::{Failure, Result};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 64 << 10;

/// Standard output. What goes through it is escaped, styles are kept from what is no terminal, and a
/// reader who went away is no error.
pub(crate) struct Out {
    stream: AutoStream<io::Stdout>,
    buffer: Vec<u8>,
    json: bool,
    terminal: bool,
    closed: bool,
}

impl Out {
    /// The standard output of the process.
    pub(crate) fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let stream = AutoStream::auto(stdout);
        Self { stream, buffer: Vec::new(), json, terminal, closed: false }
    }

    /// Whether the user asked for JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person is reading along.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether the reader has gone, so that further output is for nobody.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        self.styled(&[(style::PLAIN, text)])
    }

    /// Writes a line of parts with a style each.
    pub(crate) fn styled(&mut self, parts: &[(Style, &str)]) -> Result<()> {
        for (style, text) in parts {
            let (text, plain) = (escape(text), *style == style::PLAIN);
            if plain {
                self.buffer.extend_from_slice(text.as_bytes());
            } else {
                self.buffer.extend_from_slice(format!("{style}{text}{style:#}").as_bytes());
            }
        }
        self.buffer.push(b'\n');
        self.flush_if_full()
    }

    /// Writes one JSON value: indented for a person, in a line for a program.
    pub(crate) fn json(&mut self, value: &Value) -> Result<()> {
        let text = if self.terminal { format!("{value:#}") } else { value.to_string() };
        self.raw_json(&text)?;
        self.raw_json("\n")
    }

    /// Writes a part of a JSON text.
    fn raw_json(&mut self, text: &str) -> Result<()> {
        self.buffer.extend_from_slice(escape::escape_json(text).as_bytes());
        self.flush_if_full()
    }

    /// Writes bytes as they are: completion scripts, which no foreign text is part of.
    pub(crate) fn script(&mut self, text: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(text);
        self.flush_if_full()
    }

    fn flush_if_full(&mut self) -> Result<()> {
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes what is gathered.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.buffer);
        if self.closed || text.is_empty() {
            return Ok(());
        }
        match self.stream.write_all(&text).and_then(|()| self.stream.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(Failure::io("writing to standard output")),
        }
    }
}

/// Writes an error to standard error, one line; for a person also where in a predicate it is.
pub(crate) fn print_error(failure: &Failure) {
    let stream = io::stderr();
    let terminal = stream.is_terminal();
    let mut stream = AutoStream::auto(stream);
    let (bad, text) = (style::BAD, failure.to_string());
    // Nobody is left to be told that standard error is closed.
    drop(writeln!(stream, "{bad}error:{bad:#} {}", escape(&text)));
    if let Some(detail) = failure.detail().filter(|_| terminal) {
        for line in detail.lines() {
            drop(writeln!(stream, "{}", escape(line)));
        }
    }
}

/// Writes a remark to standard error.
pub(crate) fn print_note(text: &str) {
    drop(writeln!(AutoStream::auto(io::stderr()), "note: {}", escape(text)));
}
