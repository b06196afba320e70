//! Runs along one axis of a picture told along the other, without a dense array.
//!
//! Walking over the lines, a run of the other axis begins where a position is in a line and not in the line
//! before, and ends where it is in the line before only. Sorted, the n-th beginning belongs to the n-th end.

use vesalius::Run;

use super::error::CocoError;
use super::limits::RUNS_MAX;

/// Positions `from..to` of each of the lines `first..last`.
struct Span {
    first: u64,
    last: u64,
    from: u64,
    to: u64,
}

/// Equal lines `first..last` and the sorted intervals of positions in them.
#[derive(Default)]
struct Lines {
    first: u64,
    last: u64,
    intervals: Vec<(u64, u64)>,
}

struct Walk {
    lines: u64,
    starts: Vec<u64>,
    ends: Vec<u64>,
}

/// The runs of `length` lines of `lines` positions for sorted runs of `lines` lines of `length` positions. The
/// latter may touch and may go over the ends of lines; the former have one form. O(n log n) of the longer of
/// both; memory: 32 bytes for each new run.
pub(super) fn turned(
    lines: u64,
    length: u64,
    runs: impl IntoIterator<Item = Run>,
) -> Result<Vec<Run>, CocoError> {
    let mut walk = Walk { lines, starts: Vec::new(), ends: Vec::new() };
    let (mut before, mut now) = (Lines::default(), Lines::default());
    for span in runs.into_iter().flat_map(|run| split(run, length)) {
        if now.intervals.is_empty() || now.first != span.first {
            walk.step(&before, &now)?;
            std::mem::swap(&mut before, &mut now);
            now.intervals.clear();
            (now.first, now.last) = (span.first, span.last);
        }
        match now.intervals.last_mut() {
            Some(last) if last.1 == span.from => last.1 = span.to,
            _ => now.intervals.push((span.from, span.to)),
        }
    }
    walk.step(&before, &now)?;
    walk.step(&now, &Lines::default())?;
    walk.starts.sort_unstable();
    walk.ends.sort_unstable();
    let pairs = walk.starts.into_iter().zip(walk.ends);
    Ok(pairs.map(|(start, end)| Run { start, end }).collect())
}

/// A run as a part of a line, whole lines, and a part of a line.
fn split(run: Run, length: u64) -> impl Iterator<Item = Span> {
    let place =
        |at: u64| (at.checked_div(length).unwrap_or(0), at.checked_rem(length).unwrap_or(0));
    let (mut first, from) = place(run.start);
    let (mut last, to) = place(run.end);
    let one = |line: u64, from: u64, to: u64| {
        (from < to).then(|| Span { first: line, last: line.saturating_add(1), from, to })
    };
    let [mut head, mut tail] = [None, None];
    if first == last {
        head = one(first, from, to);
    } else {
        if from > 0 {
            head = one(first, from, length);
            first = first.saturating_add(1);
        }
        tail = one(last, 0, to);
        last = last.max(first);
    }
    let whole = (first < last).then_some(Span { first, last, from: 0, to: length });
    [head, whole, tail].into_iter().flatten()
}

impl Walk {
    /// Notes what begins and ends between two groups of lines.
    fn step(&mut self, before: &Lines, now: &Lines) -> Result<(), CocoError> {
        if before.last == now.first && !now.intervals.is_empty() {
            let (old, new) = (&before.intervals, &now.intervals);
            minus(new, old, |from, to| note(&mut self.starts, self.lines, now.first, from, to))?;
            minus(old, new, |from, to| note(&mut self.ends, self.lines, now.first, from, to))
        } else {
            for &(from, to) in &now.intervals {
                note(&mut self.starts, self.lines, now.first, from, to)?;
            }
            for &(from, to) in &before.intervals {
                note(&mut self.ends, self.lines, before.last, from, to)?;
            }
            Ok(())
        }
    }
}

/// Adds the place of `line` in each of the rows `from..to`.
fn note(places: &mut Vec<u64>, lines: u64, line: u64, from: u64, to: u64) -> Result<(), CocoError> {
    let all = (places.len() as u64).saturating_add(to.saturating_sub(from));
    if all > RUNS_MAX {
        return Err(CocoError::Runs);
    }
    places.extend((from..to).map(|row| row.saturating_mul(lines).saturating_add(line)));
    Ok(())
}

/// Calls `see` with the parts of the intervals of `a` that are in none of `b`.
fn minus(
    a: &[(u64, u64)],
    b: &[(u64, u64)],
    mut see: impl FnMut(u64, u64) -> Result<(), CocoError>,
) -> Result<(), CocoError> {
    let mut rest = b;
    for &(mut from, to) in a {
        while let Some((&(hole, end), more)) = rest.split_first() {
            if hole >= to {
                break;
            }
            if from < hole {
                see(from, hole)?;
            }
            from = from.max(end);
            if end > to {
                break;
            }
            rest = more;
        }
        if from < to {
            see(from, to)?;
        }
    }
    Ok(())
}
