//! Segments of masks: what is known of one, beside its voxels.

/// One named label of a masks field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The name, unique in its group of its image.
    pub name: String,
    /// The group that it belongs to ("lobes", "lesions"); may be empty.
    pub group: String,
    /// Its value in label maps.
    pub label: u32,
    /// Where segments overlap in a label map, the higher one is seen; the later one among equals.
    pub priority: i32,
    /// Red, green, blue, opacity.
    pub colour: Option<[u8; 4]>,
    /// What it is, in the codes of terminologies.
    pub codes: Vec<TermCode>,
    /// Anything else: a JSON object, or empty.
    pub json: String,
}

/// A coded term: `("SCT", "10200004", "Liver")`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermCode {
    /// The coding scheme.
    pub scheme: String,
    /// The code.
    pub value: String,
    /// The text for people.
    pub meaning: String,
}

impl Segment {
    /// A segment of a name and a label.
    pub fn new(name: impl Into<String>, label: u32) -> Self {
        Self { name: name.into(), label, ..Self::default() }
    }
}

/// Which segment of an image: by name alone, which must be found in one group only, or by group and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKey<'a> {
    /// The name, in whichever group.
    Name(&'a str),
    /// Group and name.
    InGroup(&'a str, &'a str),
    /// `group/name` as people write it, the group up to the first slash. When there is no such segment, it is the one
    /// that has more slashes in its group or name and is written so; there must be only one.
    Written(&'a str),
}

impl<'a> SegmentKey<'a> {
    /// A key as people write it: `name`, or `group/name`; `/name` is the one without a group.
    pub fn parse(text: &'a str) -> Self {
        if text.contains('/') { Self::Written(text) } else { Self::Name(text) }
    }

    /// The group and the name that are looked for first.
    pub(crate) fn first_meant(self) -> (&'a str, &'a str) {
        match self {
            Self::Name(name) => ("", name),
            Self::InGroup(group, name) => (group, name),
            Self::Written(text) => text.split_once('/').unwrap_or(("", text)),
        }
    }

    /// Whether it could mean a segment of this group and name.
    pub(crate) fn means(self, group: &str, name: &str) -> bool {
        match self {
            Self::Name(wanted) => name == wanted,
            Self::InGroup(in_group, wanted) => (group, name) == (in_group, wanted),
            Self::Written(text) => {
                let in_group = text.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
                in_group == Some(name) || (group.is_empty() && name == text)
            }
        }
    }
}

impl<'a> From<&'a str> for SegmentKey<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<(&'a str, &'a str)> for SegmentKey<'a> {
    fn from((group, name): (&'a str, &'a str)) -> Self {
        Self::InGroup(group, name)
    }
}

impl std::fmt::Display for SegmentKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) | Self::Written(name) => f.write_str(name),
            Self::InGroup(group, name) => write!(f, "{group}/{name}"),
        }
    }
}
