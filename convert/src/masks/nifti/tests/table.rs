//! Tables of names.

use super::super::label_table::{Table, encode};
use super::*;
use crate::nifti::Extension;

fn read(text: &str) -> Table {
    let extension = Extension { code: 0, bytes: text.as_bytes().to_vec() };
    Table::read(&[extension], &Limits::default()).unwrap()
}

fn names(table: &Table) -> Vec<(u32, &str)> {
    table.entries.iter().map(|(key, entry)| (*key, entry.name.as_str())).collect()
}

#[test]
fn names_come_from_text_references_and_sections() {
    let table = read(
        "<?xml version='1.0'?><CaretExtension><LabelTable>\
         <Label Key='0'>background</Label><Label Key=\"2\" Red='1' Green='0.5' Blue='0' Alpha='1'>\
         a &lt;b&gt; &#x41;&amp;</Label><Label Key='3'><![CDATA[x]]]]><![CDATA[>y]]></Label>\
         <Label Key='4'/><Label Key='-1'>no</Label><Label Key='2'>late</Label>\
         </LabelTable></CaretExtension>   ",
    );
    assert_eq!(names(&table), [(2, "a <b> A&"), (3, "x]]>y"), (4, "")]);
    assert_eq!(table.entries[&2].colour, Some([255, 128, 0, 255]));
    assert_eq!(table.entries[&3].colour, None);
    assert_eq!(table.notes, [""; 0]);
}

#[test]
fn a_damaged_table_counts_as_far_as_it_goes() {
    let table = read("<LabelTable><Label Key='1'>one</Label><Label Key='2'><</Label></LabelTable>");
    assert_eq!(names(&table), [(1, "one")]);
    assert_eq!(table.notes.len(), 1, "{:?}", table.notes);
    // Cut anywhere: no panic, and no name that is not there.
    let text = "<LabelTable><Label Key='1'>one</Label><Label Key='2'>two</Label></LabelTable>";
    for end in 0..text.len() {
        assert!(
            read(&text[..end]).entries.values().all(|e| ["one", "two"].contains(&e.name.as_str()))
        );
    }
}

#[test]
fn names_of_any_signs_are_written_so_that_they_read_back() {
    let given = ["a]]>b", "<&>\"'", "\u{fc}\u{1f600}", "tab\tnew", " ]]", "]]>]]>"];
    let segments: Vec<Segment> = given.iter().zip(1..).map(|(n, i)| Segment::new(*n, i)).collect();
    let rows = segments.iter().map(|s| (s.label, s.name.as_str(), s));
    let extension = encode(rows);
    assert_eq!((extension.bytes.len() + 8) % 16, 0);
    let table = Table::read(&[extension], &Limits::default()).unwrap();
    assert_eq!(table.notes, [""; 0]);
    assert_eq!(table.entries.values().map(|e| e.name.as_str()).collect::<Vec<_>>(), given);
    let control = Segment::new("a\u{1}b\u{ffff}", 1);
    let table =
        Table::read(&[encode([(1, "a\u{1}b\u{ffff}", &control)].into_iter())], &Limits::default());
    assert_eq!(names(&table.unwrap()), [(1, "a\u{fffd}b\u{fffd}")]);
}

#[test]
fn equal_and_long_names_are_made_different_and_short() {
    let mut volume = Volume::new(Geometry::new([1, 1, 4], [1.0; 3]), Values::U8(vec![1, 2, 3, 4]));
    let long = "\u{fc}".repeat(200);
    let text = format!(
        "<LabelTable><Label Key='1'>x</Label><Label Key='2'>x</Label><Label Key='3'>{long}</Label>\
         <Label Key='4'>{long}</Label><Label Key='9'>y</Label></LabelTable>"
    );
    volume.extensions = vec![Extension { code: 30, bytes: text.into_bytes() }];
    let set = parse(bytes_of_volume(&volume)).unwrap();
    let names: Vec<&str> = set.segments.iter().map(|v| v.segment.name.as_str()).collect();
    assert_eq!(names[..2], ["x", "x_2"]);
    assert_eq!(names[2], "\u{fc}".repeat(127));
    assert_eq!(names[3], format!("{}_2", "\u{fc}".repeat(120)));
    assert!(set.segments[4].runs.is_empty() && names[4] == "y");
    assert_eq!(set.notes.len(), 2, "{:?}", set.notes);
}

#[test]
fn tables_over_the_limit_are_refused_and_large_ones_are_fast() {
    let label = |i: u32| format!("<Label Key='{i}'>same</Label>");
    let text: String = (1..=20_000).map(label).collect();
    let text = format!("<LabelTable>{text}</LabelTable>");
    let mut volume = Volume::new(Geometry::new([1, 1, 1], [1.0; 3]), Values::U8(vec![1]));
    volume.extensions = vec![Extension { code: 0, bytes: text.into_bytes() }];
    let bytes = bytes_of_volume(&volume);
    assert_eq!(parse(bytes.clone()).unwrap().segments.len(), 20_000);
    let limits = Limits { max_segments: 19_999, ..Limits::default() };
    let error = read_label_map_stream(std::io::Cursor::new(bytes), &limits).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::OverLimit { asked: 20_000, .. }), "{error}");
    // One element of very many attributes, and very many open elements.
    let many: Vec<String> = (0..200_000).map(|i| format!(" a{i}=''")).collect();
    let many = many.concat();
    assert_eq!(read(&format!("<LabelTable><Label{many}/></LabelTable>")).entries.len(), 0);
    assert_eq!(read(&"<LabelTable>".repeat(200_000)).entries.len(), 0);
}
