//! Tables of lines.

use super::LabelEntry;
use super::columns;
use super::error::{LabelTableError, LabelTableErrorKind};
use super::split::{unquoted, words};

/// A line that is no comment, and its number from 1 on.
pub(super) type Line<'a> = (usize, &'a str);

type Reader = fn(&[Line<'_>], &str) -> Result<Vec<LabelEntry>, LabelTableError>;

/// Reads a table as the first kind that all of its lines are of.
///
/// # Errors
/// What is wrong with it as the kind that fits up to the last line.
pub(super) fn parse(text: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    const READERS: [Reader; 4] = [columns::parse, snap, colours, plain];
    let lines: Vec<Line<'_>> = text
        .lines()
        .zip(1_usize..)
        .map(|(line, number)| (number, line.trim_end()))
        .filter(|(_, line)| {
            let start = line.trim_start();
            !start.is_empty() && !start.starts_with('#') && !start.starts_with("//")
        })
        .collect();
    let mut worst: Option<LabelTableError> = None;
    for reader in READERS {
        match reader(&lines, text) {
            Ok(entries) => return Ok(entries),
            Err(error) => {
                if worst.as_ref().is_none_or(|old| error.line > old.line) {
                    worst = Some(error);
                }
            }
        }
    }
    Err(worst.unwrap_or_else(|| LabelTableErrorKind::Empty.at(0)))
}

/// ITK-SNAP: index, red, green, blue, opacity, two flags, the name in quotes.
fn snap(lines: &[Line<'_>], _: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    let entry = |&(number, line): &Line<'_>| {
        let wanted = LabelTableErrorKind::Line("IDX R G B A VIS MSH \"LABEL\"");
        let parse = || {
            let ([label, r, g, b, a, _, _], name) = words::<7>(line)?;
            let quoted = name.starts_with(['"', '\u{201c}', '\u{201d}']);
            let opacity = opacity(a)?;
            let colour = [r.parse().ok()?, g.parse().ok()?, b.parse().ok()?, opacity];
            let name = unquoted(name).to_owned();
            let label = label.parse().ok()?;
            quoted.then_some(LabelEntry { label, name, colour: Some(colour), codes: Vec::new() })
        };
        parse().ok_or_else(|| wanted.at(number))
    };
    lines.iter().map(entry).collect()
}

/// 0 to 1, or, in some files, 2 to 255.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn opacity(text: &str) -> Option<u8> {
    let value: f64 = text.parse().ok()?;
    if (0.0..=1.0).contains(&value) {
        return Some((value * 255.0).round() as u8);
    }
    (0.0..=255.0).contains(&value).then_some(value as u8)
}

/// `FreeSurfer` and Slicer: label, name, red, green, blue, and transparency or opacity.
fn colours(lines: &[Line<'_>], text: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    let entry = |&(number, line): &Line<'_>| {
        let wanted = LabelTableErrorKind::Line("a label, a name, and R G B A of 0 to 255");
        let parse = || {
            let ([label], rest) = words::<1>(line)?;
            let mut fields: Vec<&str> = rest.split_whitespace().collect();
            let mut colour = [0; 4];
            for channel in colour.iter_mut().rev() {
                *channel = fields.pop()?.parse().ok()?;
            }
            let name = fields.join(" ");
            let label = label.parse().ok()?;
            let colour = Some(colour);
            (!name.is_empty()).then_some(LabelEntry { label, name, colour, codes: Vec::new() })
        };
        parse().ok_or_else(|| wanted.at(number))
    };
    let mut entries: Vec<LabelEntry> = lines.iter().map(entry).collect::<Result<_, _>>()?;
    let alphas = || entries.iter().filter(|entry| entry.label != 0).filter_map(|e| e.colour);
    let slicer = text.contains("# Color table file") || alphas().all(|[.., a]| a == 255);
    if !slicer {
        // FreeSurfer counts transparency.
        for [.., alpha] in entries.iter_mut().filter_map(|entry| entry.colour.as_mut()) {
            *alpha = 255_u8.saturating_sub(*alpha);
        }
    }
    Ok(entries)
}

/// A label and a name, or a name and a label, with a comma, colon, equals sign or space between them.
fn plain(lines: &[Line<'_>], _: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    const BETWEEN: [char; 4] = [',', ':', '=', ';'];
    let all = |pair: fn(&str) -> Option<(&str, &str)>| {
        let entry = |&(number, line): &Line<'_>| {
            let wanted = LabelTableErrorKind::Line("a label and a name");
            let parse = || {
                let (label, name) = pair(line.trim())?;
                let label = label.trim().trim_end_matches(BETWEEN).trim().parse().ok()?;
                let name = unquoted(name.trim().trim_matches(BETWEEN)).to_owned();
                (!name.is_empty()).then_some(LabelEntry { label, name, ..LabelEntry::default() })
            };
            parse().ok_or_else(|| wanted.at(number))
        };
        lines.iter().map(entry).collect::<Result<Vec<_>, _>>()
    };
    let first = all(|line| line.split_once(is_between));
    first.or_else(|error| {
        all(|line| line.rsplit_once(is_between).map(|(name, label)| (label, name))).or(Err(error))
    })
}

fn is_between(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | ':' | '=' | ';')
}
