//! Which pages are free.
//!
//! Free space is never written down: it is the complement of what a state reaches, so it cannot disagree
//! with it. Pages that an older state used wait until no reader, in any process, is on such a state.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::limits::PAGE_BYTES;

/// First page that extents may use.
pub const FIRST_PAGE: u64 = 3;

/// A run of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// First page.
    pub page: u64,
    /// Number of pages.
    pub pages: u64,
}

impl Run {
    /// The page behind the run.
    pub fn end(&self) -> u64 {
        self.page.saturating_add(self.pages)
    }
}

/// The allocator of pages of one file.
#[derive(Debug)]
pub struct Allocator {
    free: BTreeMap<u64, u64>,
    /// Runs that states up to this epoch may still use.
    pending: Vec<(u64, Run)>,
    /// First page behind everything that was ever allocated.
    end: u64,
}

impl Allocator {
    /// An allocator of a file in which `used` is used and the rest, up to `end`, is free.
    pub fn new(used: &[Run], end: u64) -> Self {
        let mut allocator = Self { free: BTreeMap::new(), pending: Vec::new(), end: FIRST_PAGE };
        for gap in gaps(used, end) {
            allocator.insert(gap);
        }
        let top = used.iter().map(Run::end).max().unwrap_or(FIRST_PAGE);
        allocator.end = top.max(end).max(FIRST_PAGE);
        allocator
    }

    /// First page behind everything allocated.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Takes `pages` pages at the lowest place, or behind the end.
    pub fn take(&mut self, pages: u64) -> Run {
        let fit = self.free.iter().find(|&(_, &len)| len >= pages).map(|(&page, &len)| (page, len));
        if let Some((page, len)) = fit {
            self.free.remove(&page);
            if len > pages {
                self.free.insert(page.saturating_add(pages), len.saturating_sub(pages));
            }
            return Run { page, pages };
        }
        // A free run that touches the end is extended instead of leaving a hole before it.
        let tail = self.free.iter().next_back().map(|(&page, &len)| Run { page, pages: len });
        let page = match tail {
            Some(tail) if tail.end() == self.end => {
                self.free.remove(&tail.page);
                tail.page
            }
            _ => self.end,
        };
        self.end = page.saturating_add(pages);
        Run { page, pages }
    }

    /// Gives back a run that no state has ever named.
    pub fn give_back(&mut self, run: Run) {
        self.insert(run);
    }

    /// After a new state became durable: what it does not reach waits for the readers of `epoch` and before.
    pub fn retain(&mut self, reachable: &[Run], epoch: u64) {
        let mut known: Vec<Run> = reachable.to_vec();
        known.extend(self.free.iter().map(|(&page, &pages)| Run { page, pages }));
        known.extend(self.pending.iter().map(|&(_, run)| run));
        let dropped = gaps(&known, self.end);
        self.pending.extend(dropped.into_iter().map(|run| (epoch, run)));
    }

    /// All that is free waits for the readers of `epoch` and before.
    pub fn quarantine(&mut self, epoch: u64) {
        let free = std::mem::take(&mut self.free);
        let runs = free.into_iter().map(|(page, pages)| (epoch, Run { page, pages }));
        self.pending.extend(runs);
    }

    /// The epochs whose readers something waits for, ascending.
    pub fn waits_for(&self) -> BTreeSet<u64> {
        self.pending.iter().map(|&(epoch, _)| epoch).collect()
    }

    /// Frees what waited for readers up to `epoch`, of whom there are none left.
    pub fn reclaim(&mut self, epoch: u64) {
        let (ready, waiting) = self.pending.drain(..).partition(|&(at, _)| at <= epoch);
        self.pending = waiting;
        let ready: Vec<(u64, Run)> = ready;
        for (_, run) in ready {
            self.insert(run);
        }
    }

    /// Forgets free pages at the end and returns the first page behind what is left.
    pub fn trim(&mut self) -> u64 {
        while let Some((&page, &pages)) = self.free.iter().next_back() {
            if page.saturating_add(pages) != self.end {
                break;
            }
            self.free.remove(&page);
            self.end = page;
        }
        self.end
    }

    /// All free runs in order.
    pub fn free_runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.free.iter().map(|(&page, &pages)| Run { page, pages })
    }

    /// Free pages.
    pub fn free_pages(&self) -> u64 {
        self.free.values().sum()
    }

    fn insert(&mut self, run: Run) {
        if run.pages == 0 {
            return;
        }
        let (mut page, mut end) = (run.page, run.end());
        if let Some((&before, &len)) = self.free.range(..page).next_back()
            && before.saturating_add(len) == page
        {
            self.free.remove(&before);
            page = before;
        }
        if let Some(len) = self.free.remove(&end) {
            end = end.saturating_add(len);
        }
        self.free.insert(page, end.saturating_sub(page));
    }
}

/// The runs between `used` from the first page up to `end`. Overlaps in `used` do no harm.
fn gaps(used: &[Run], end: u64) -> Vec<Run> {
    let mut sorted = used.to_vec();
    sorted.sort_unstable();
    let mut gaps = Vec::new();
    let mut at = FIRST_PAGE;
    for run in sorted {
        if run.page > at {
            gaps.push(Run { page: at, pages: run.page.min(end).saturating_sub(at) });
        }
        at = at.max(run.end());
    }
    if at < end {
        gaps.push(Run { page: at, pages: end.saturating_sub(at) });
    }
    gaps.retain(|gap| gap.pages > 0);
    gaps
}

/// Pages as bytes.
pub fn page_bytes(pages: u64) -> u64 {
    pages.saturating_mul(PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_back_when_readers_left() {
        let mut a = Allocator::new(&[], FIRST_PAGE);
        let (x, y) = (a.take(4), a.take(2));
        assert_eq!((x.page, y.page, a.end()), (3, 7, 9));
        a.retain(&[y], 5);
        assert_eq!(a.take(1).page, 9, "x still waits");
        assert_eq!(a.waits_for(), BTreeSet::from([5]));
        a.reclaim(4);
        assert_eq!(a.free_pages(), 0);
        a.reclaim(5);
        assert_eq!(a.take(4), x);
    }

    #[test]
    fn neighbours_join_and_the_end_is_trimmed() {
        let mut a = Allocator::new(&[], FIRST_PAGE);
        let runs: Vec<Run> = (0..4).map(|_| a.take(2)).collect();
        for run in [runs[1], runs[3], runs[2]] {
            a.give_back(run);
        }
        assert_eq!(a.free_runs().collect::<Vec<_>>(), [Run { page: 5, pages: 6 }]);
        assert_eq!(a.trim(), 5);
        assert_eq!(a.take(7), Run { page: 5, pages: 7 });
    }

    #[test]
    fn a_free_tail_is_extended() {
        let mut a = Allocator::new(&[Run { page: 3, pages: 1 }], 6);
        assert_eq!(a.take(5), Run { page: 4, pages: 5 });
        assert_eq!(a.end(), 9);
    }
}
