//! What is set off on a terminal.

use anstyle::{AnsiColor, Style};

/// Headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// What is good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Errors and damage.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Commands to type.
pub(crate) const COMMAND: Style = AnsiColor::Cyan.on_default();
/// No style.
pub(crate) const PLAIN: Style = Style::new();
