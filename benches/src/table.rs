//! The table that is printed.

use std::fmt;

use crate::measure::{Rounds, Spread};

/// What a ratio or a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// At least.
    AtLeast(f64),
    /// At most.
    AtMost(f64),
    /// Less than.
    Below(f64),
    /// More than.
    Above(f64),
    /// Anything.
    Free,
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
            Self::Below(bound) => value < bound,
            Self::Above(bound) => value > bound,
            Self::Free => true,
        }
    }

    fn say(self, unit: Unit) -> String {
        match self {
            Self::AtLeast(bound) => format!(">= {}", unit.show(bound)),
            Self::AtMost(bound) => format!("<= {}", unit.show(bound)),
            Self::Below(bound) => format!("< {}", unit.show(bound)),
            Self::Above(bound) => format!("> {}", unit.show(bound)),
            Self::Free => "-".into(),
        }
    }

    fn verdict(self, value: f64) -> &'static str {
        match self {
            Self::Free => "-",
            bound if bound.holds(value) => "yes",
            _ => "NO",
        }
    }
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds, with a fitting prefix.
    Seconds,
    /// Bytes, with a decimal prefix.
    Bytes,
    /// Bytes a second.
    Rate,
    /// A ratio.
    Times,
    /// Floating-point operations a second.
    Flops,
    /// Integer operations a second.
    Ops,
    /// A part of what there is to find.
    Recall,
}

impl Unit {
    /// The figure in words.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Seconds if value < 1e-6 => format!("{:.0} ns", value * 1e9),
            Self::Seconds if value < 1e-3 => format!("{:.1} us", value * 1e6),
            Self::Seconds if value < 1.0 => format!("{:.2} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes if value < 1e6 => format!("{:.1} kB", value / 1e3),
            Self::Bytes if value < 1e9 => format!("{:.1} MB", value / 1e6),
            Self::Bytes => format!("{:.2} GB", value / 1e9),
            Self::Rate => format!("{:.2} GB/s", value / 1e9),
            Self::Times => format!("{value:.2}"),
            Self::Flops => format!("{:.1} GFLOP/s", value / 1e9),
            Self::Ops => format!("{:.1} GOP/s", value / 1e9),
            Self::Recall => format!("{value:.4}"),
        }
    }
}

/// Which way round a ratio is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ratio {
    /// Peer / ours: how many times as fast.
    Speedup,
    /// Ours / peer: what part of the peer's time or memory.
    Share,
}

/// The rows of one benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    name: String,
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
    /// Rows that were said before the table is printed.
    said: usize,
}

impl Table {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), rows: Vec::new(), notes: Vec::new(), said: 0 }
    }

    /// A comparison.
    pub(crate) fn compare(
        &mut self,
        what: &str,
        unit: Unit,
        rounds: &Rounds,
        ratio: Ratio,
        bound: Bound,
    ) {
        let found = match ratio {
            Ratio::Speedup => rounds.speedup(),
            Ratio::Share => rounds.share(),
        };
        let (Some(ours), Some(peer), Some(found)) = (rounds.ours(), rounds.peer(), found) else {
            return self.absent(what, "no round was run", bound);
        };
        let way = match ratio {
            Ratio::Speedup => "peer / ours",
            Ratio::Share => "ours / peer",
        };
        self.rows.push([
            what.to_owned(),
            spread(unit, ours),
            spread(unit, peer),
            format!("{} ({way})", spread(Unit::Times, found)),
            bound.say(Unit::Times),
            bound.verdict(found.median).to_owned(),
        ]);
    }

    /// A figure with a bound of its own.
    pub(crate) fn alone(&mut self, what: &str, unit: Unit, ours: Spread, bound: Bound) {
        self.rows.push([
            what.to_owned(),
            spread(unit, ours),
            "-".into(),
            "-".into(),
            bound.say(unit),
            bound.verdict(ours.median).to_owned(),
        ]);
    }

    /// A peer's figure where there is none of ours.
    pub(crate) fn unopposed(
        &mut self,
        what: &str,
        why: &str,
        unit: Unit,
        peer: Spread,
        bound: Bound,
    ) {
        self.rows.push([
            what.to_owned(),
            why.to_owned(),
            spread(unit, peer),
            "-".into(),
            bound.say(Unit::Times),
            "?".into(),
        ]);
    }

    /// Our figure where there is none of the peer's.
    pub(crate) fn peerless(
        &mut self,
        what: &str,
        unit: Unit,
        ours: Spread,
        why: &str,
        bound: Bound,
    ) {
        self.rows.push([
            what.to_owned(),
            spread(unit, ours),
            why.to_owned(),
            "-".into(),
            bound.say(Unit::Times),
            "?".into(),
        ]);
    }

    /// A comparison that could not be made.
    pub(crate) fn absent(&mut self, what: &str, why: &str, bound: Bound) {
        self.missing(what, why, Unit::Times, bound);
    }

    /// A figure that could not be measured.
    pub(crate) fn missing(&mut self, what: &str, why: &str, unit: Unit, bound: Bound) {
        let dash = || "-".to_owned();
        let required = bound.say(unit);
        self.rows.push([what.to_owned(), dash(), why.to_owned(), dash(), required, "?".into()]);
    }

    /// Says, to whoever waits, the rows that were added since this was called before.
    pub(crate) fn say(&mut self) {
        for row in self.rows.iter().skip(self.said) {
            eprintln!("| {} |", row.join(" | "));
        }
        self.said = self.rows.len();
    }

    /// A line under the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

fn spread(unit: Unit, value: Spread) -> String {
    let Spread { median, least, most } = value;
    format!("{} [{} .. {}]", unit.show(median), unit.show(least), unit.show(most))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.name)?;
        writeln!(f, "| what | ours | peer | ratio | required | met |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        if !self.notes.is_empty() {
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "- {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Ratio, Table, Unit};
    use crate::measure::Rounds;

    #[test]
    fn a_row_says_whether_it_is_met() {
        let mut rounds = Rounds::default();
        rounds.push(0.001, 0.0015);
        let mut table = Table::new("x");
        table.compare("a", Unit::Seconds, &rounds, Ratio::Speedup, Bound::AtLeast(1.5));
        table.compare("b", Unit::Seconds, &rounds, Ratio::Share, Bound::Below(0.5));
        table.absent("c", "peer absent", Bound::Free);
        let text = table.to_string();
        assert!(text.contains("1.50 [1.50 .. 1.50] (peer / ours) | >= 1.50 | yes |"), "{text}");
        assert!(text.contains("(ours / peer) | < 0.50 | NO |"), "{text}");
        assert!(text.contains("| c | - | peer absent | - | - | ? |"), "{text}");
    }

    #[test]
    fn units_have_prefixes() {
        assert_eq!(Unit::Seconds.show(3.2e-8), "32 ns");
        assert_eq!(Unit::Seconds.show(0.0042), "4.20 ms");
        assert_eq!(Unit::Bytes.show(1.5e9), "1.50 GB");
        assert_eq!(Unit::Bytes.show(24_960.0), "25.0 kB");
    }
}
