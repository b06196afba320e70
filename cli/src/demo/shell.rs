//! Commands that can be copied into a shell.

use std::path::Path;

/// This program as it was called: by its path, or by its name where the shell found it.
pub(crate) fn program() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called).display().to_string();
    if called.is_empty() { "vesalius".to_owned() } else { quoted(&called) }
}

/// A word that a POSIX shell takes as it is.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("demo-0001"), "demo-0001");
        assert_eq!(quoted("left lung"), "'left lung'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
