//! Tables with a line of column names: CSV of Slicer, TSV of BIDS, and their like.

use vesalius::TermCode;

use super::LabelEntry;
use super::error::{LabelTableError, LabelTableErrorKind};
use super::lines::Line;
use super::split::{delimited, hex};

/// Names of the column of labels and of that of names, the best first.
const LABELS: [&str; 7] = ["labelvalue", "index", "label", "value", "id", "idx", "no."];
const NAMES: [&str; 8] =
    ["name", "structure", "structure name", "label_name", "labelname", "region", "roi", "label"];
/// The codes of Slicer: what each says of a segment.
const CODES: [&str; 5] = ["category", "type", "typemodifier", "region", "regionmodifier"];

/// Reads a table whose first line names the columns.
///
/// # Errors
/// No such line, or a line that does not fit it.
pub(super) fn parse(lines: &[Line<'_>], _: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    let wanted = LabelTableErrorKind::Line("a line of column names, among them a label and a name");
    let Some((&(number, head), rows)) = lines.split_first() else {
        return Err(LabelTableErrorKind::Empty.at(0));
    };
    let delimiters = ['\t', ',', ';'];
    let Some(delimiter) = delimiters.into_iter().find(|d| head.contains(*d)) else {
        return Err(wanted.at(number));
    };
    let Some(columns) = Columns::find(&delimited(head, delimiter)) else {
        return Err(wanted.at(number));
    };
    let entry = |&(number, line): &Line<'_>| columns.entry(&delimited(line, delimiter), number);
    rows.iter().map(entry).collect()
}

struct Columns {
    label: usize,
    name: usize,
    hex: Option<usize>,
    channels: [Option<usize>; 4],
    /// Scheme, value, meaning.
    codes: [[Option<usize>; 3]; 5],
}

impl Columns {
    fn find(head: &[String]) -> Option<Self> {
        let head: Vec<String> = head.iter().map(|name| name.to_ascii_lowercase()).collect();
        let any = |names: &[&str], not: Option<usize>| {
            names.iter().find_map(|name| {
                head.iter().enumerate().position(|(i, column)| column == name && Some(i) != not)
            })
        };
        let one = |name: &str| any(&[name], None);
        let label = any(&LABELS, None)?;
        let name = any(&NAMES, Some(label))?;
        let part = |code: &str, part: &str| {
            one(&format!("{code}_{part}"))
                .or_else(|| one(&format!("segmentedproperty{code}_{part}")))
        };
        Some(Self {
            label,
            name,
            hex: any(&["color", "colour", "hex", "hexcolor"], None),
            channels: ["r", "g", "b", "a"].map(|channel| {
                let long = match channel {
                    "r" => "red",
                    "g" => "green",
                    "b" => "blue",
                    _ => "alpha",
                };
                let slicer = format!("color_{channel}");
                any(&[slicer.as_str(), channel, long], None)
            }),
            codes: CODES.map(|code| {
                let scheme = part(code, "codingscheme");
                let scheme = scheme.or_else(|| part(code, "codingschemedesignator"));
                [scheme, part(code, "codevalue"), part(code, "codemeaning")]
            }),
        })
    }

    fn entry(&self, row: &[String], line: usize) -> Result<LabelEntry, LabelTableError> {
        let field = |place: usize| row.get(place).map_or("", String::as_str);
        let (label, name) = (field(self.label), field(self.name));
        let Ok(label) = label.parse() else {
            let shown = label.chars().take(40).collect();
            return Err(LabelTableErrorKind::Label(shown).at(line));
        };
        let colour = self.hex.and_then(|place| hex(field(place))).or_else(|| {
            let [r, g, b, a] = self.channels;
            let channel = |place: Option<usize>| field(place?).parse().ok();
            Some([channel(r)?, channel(g)?, channel(b)?, channel(a).unwrap_or(255)])
        });
        let code = |[scheme, value, meaning]: &[Option<usize>; 3]| {
            let text = |place: &Option<usize>| place.map_or("", field).to_owned();
            let code =
                TermCode { scheme: text(scheme), value: text(value), meaning: text(meaning) };
            (!code.value.is_empty()).then_some(code)
        };
        let codes = self.codes.iter().filter_map(code).collect();
        Ok(LabelEntry { label, name: name.to_owned(), colour, codes })
    }
}
