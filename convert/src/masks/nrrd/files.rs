//! Which files the values are in.

use std::path::{Component, Path, PathBuf};

use super::error::NrrdErrorKind;
use super::header::Header;

/// Most files of one header.
const MAX_FILES: usize = 1 << 16;

/// The files of the values, in order; none when they follow the header. Names may not lead out of the folder of
/// the header: a header must not make its reader open whatever it likes.
pub(super) fn of(header: &Header, path: &Path) -> Result<Option<Vec<PathBuf>>, NrrdErrorKind> {
    let Some(text) = header.get("data file") else { return Ok(None) };
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    let names = match words.as_slice() {
        ["LIST"] | ["LIST", _] => header.list.clone(),
        [pattern, min, max, step] | [pattern, min, max, step, _] if pattern.contains('%') => {
            let wanted = "a name with one %d, then first, last and step";
            let names = numbered(pattern, [min, max, step]);
            names.ok_or_else(|| NrrdErrorKind::field("data file", text, wanted))?
        }
        _ => vec![text.to_owned()],
    };
    if names.is_empty() || names.len() > MAX_FILES {
        return Err(NrrdErrorKind::field("data file", text, "1 to 65536 files"));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let place = |name: String| {
        let safe = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.is_empty() || !Path::new(&name).components().all(safe) {
            let name = name.chars().take(200).collect();
            return Err(NrrdErrorKind::DataFile(name, "is not in the folder of the header"));
        }
        Ok(folder.join(name))
    };
    names.into_iter().map(place).collect::<Result<_, _>>().map(Some)
}

/// The names of a pattern such as `slice_%03d.raw`.
fn numbered(pattern: &str, range: [&str; 3]) -> Option<Vec<String>> {
    let (before, rest) = pattern.split_once('%')?;
    let (width, after) = rest.split_once('d')?;
    let zeros = width.starts_with('0');
    let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
    let [first, last, step] = range.map(|word| word.parse::<i64>().ok());
    let (first, last, step) = (first?, last?, step?);
    if step == 0 || width > 20 || after.contains('%') {
        return None;
    }
    let mut names = Vec::new();
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        if names.len() >= MAX_FILES {
            return None;
        }
        names.push(if zeros {
            format!("{before}{number:0width$}{after}")
        } else {
            format!("{before}{number:width$}{after}")
        });
        number = number.checked_add(step)?;
    }
    Some(names)
}
