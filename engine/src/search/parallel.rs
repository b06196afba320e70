//! Work in pieces over threads that are gone when the call returns. The outcome does not depend on how
//! many there are.

#![deny(clippy::arithmetic_side_effects)]

use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::container::column::{Column, GroupRef};
use crate::error::{Error, Result};

/// Below this many bytes of work one thread is as fast.
const ALONE_BYTES: u64 = 8 << 20;
/// Bytes that a piece should be worth.
const PIECE_BYTES: u64 = 32 << 20;
/// Least positions of a piece.
const PIECE_LEAST: usize = 64;
/// Most threads.
const THREADS_MAX: usize = 1024;

/// Some positions of one row group.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    /// The row group.
    pub(super) group: &'a GroupRef,
    /// The positions.
    pub(super) positions: Range<usize>,
}

/// Cuts a column into pieces for `threads`: of at most `most` positions, fewer where a position is worth
/// many bytes, and several a thread, so that none waits long for the last.
pub(super) fn pieces(
    column: Option<&Column>,
    threads: usize,
    bytes_each: u64,
    most: usize,
) -> Result<Vec<Piece<'_>>> {
    let groups = column.map_or(&[][..], Column::groups);
    let total = groups.iter().fold(0_u64, |sum, g| sum.saturating_add(g.group().desc().count));
    let shares = (threads as u64).saturating_mul(if threads > 1 { 4 } else { 1 });
    let share = total.checked_div(shares).unwrap_or(total);
    let fitting = PIECE_BYTES.checked_div(bytes_each).unwrap_or(PIECE_BYTES);
    let step = usize::try_from(fitting.min(share)).unwrap_or(usize::MAX);
    let step = step.clamp(PIECE_LEAST, most.max(PIECE_LEAST));
    let mut pieces = Vec::new();
    for group in groups {
        // The header ties the count to bytes that are there, so that no stated count asks for memory.
        let count = usize::try_from(group.group().header()?.count).unwrap_or(usize::MAX);
        for start in (0..count).step_by(step) {
            let positions = start..start.saturating_add(step).min(count);
            pieces.push(Piece { group, positions });
        }
    }
    Ok(pieces)
}

/// How many threads to use: as many as asked for; when 0 was asked for, one for little work and all that
/// the machine has otherwise.
pub(super) fn threads(asked: usize, bytes: u64) -> usize {
    match asked {
        0 if bytes < ALONE_BYTES => 1,
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        some => some,
    }
}

/// Runs `tasks` numbered tasks on up to `threads` threads, each with a worker of its own, and returns the
/// workers. Of several errors that of the lowest task is returned.
pub(super) fn run<W: Send>(
    threads: usize,
    tasks: usize,
    make: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, usize) -> Result<()> + Sync,
) -> Result<Vec<W>> {
    run_telling(threads, tasks, make, work, &mut |_| true)
}

/// [`run`], `tell` called on this thread with the number of tasks that are done; false ends all with
/// [`Error::Cancelled`].
pub(super) fn run_telling<W: Send>(
    threads: usize,
    tasks: usize,
    make: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, usize) -> Result<()> + Sync,
    tell: &mut dyn FnMut(usize) -> bool,
) -> Result<Vec<W>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = AtomicBool::new(false);
    let body = |tell: &mut dyn FnMut(usize) -> bool| -> Result<W, (usize, Error)> {
        let mut worker = make().map_err(|error| (0, error))?;
        // Tasks are taken in order and those taken are finished, so the lowest error is always found.
        while !failed.load(Ordering::Relaxed) {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                break;
            }
            let outcome = work(&mut worker, task).and_then(|()| {
                let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if tell(done) { Ok(()) } else { Err(Error::Cancelled) }
            });
            if let Err(error) = outcome {
                failed.store(true, Ordering::Relaxed);
                return Err((task, error));
            }
        }
        Ok(worker)
    };
    let helpers = threads.min(tasks).min(THREADS_MAX).saturating_sub(1);
    let ends = thread::scope(|scope| {
        // A thread that cannot be had is done without.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, || body(&mut |_| true)).ok();
        let helpers: Vec<_> = (0..helpers).filter_map(spawn).collect();
        let mut ends = vec![body(tell)];
        for helper in helpers {
            ends.push(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        ends
    });
    let mut workers = Vec::with_capacity(ends.len());
    let mut first: Option<(usize, Error)> = None;
    for end in ends {
        match end {
            Ok(worker) => workers.push(worker),
            Err((task, _)) if first.as_ref().is_some_and(|(lowest, _)| *lowest <= task) => {}
            Err(error) => first = Some(error),
        }
    }
    first.map_or(Ok(workers), |(_, error)| Err(error))
}

/// Runs numbered tasks that give one value each; the values by task.
pub(super) fn map<T: Send>(
    threads: usize,
    tasks: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let workers = run(
        threads,
        tasks,
        || Ok(Vec::new()),
        |done, task| {
            done.push((task, work(task)?));
            Ok(())
        },
    )?;
    let mut done: Vec<(usize, T)> = workers.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(task, _)| *task);
    Ok(done.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::{map, run, run_telling, threads};
    use crate::error::Error;

    #[test]
    fn every_task_runs_once_in_any_number_of_threads() {
        for n in [1, 2, 3, 8] {
            let squares = map(n, 100, |task| Ok(task * task)).unwrap();
            assert!(squares.into_iter().eq((0..100).map(|task| task * task)));
            let workers = run(
                n,
                3,
                || Ok(0),
                |sum, task| {
                    *sum += task;
                    Ok(())
                },
            );
            assert_eq!(workers.unwrap().into_iter().sum::<usize>(), 3);
        }
        assert!(map(4, 0, |_| Ok(())).unwrap().is_empty());
    }

    #[test]
    fn the_lowest_error_wins() {
        for n in [1, 2, 4] {
            let failed = map(n, 50, |task| {
                if task % 10 == 7 { Err(Error::Invalid(task.to_string())) } else { Ok(()) }
            });
            assert_eq!(failed.unwrap_err().to_string(), "7");
        }
    }

    #[test]
    fn who_is_told_can_stop_it() {
        for n in [1, 2, 4] {
            let mut told = Vec::new();
            let mut stop = |done| {
                told.push(done);
                done < 10
            };
            let ended = run_telling(n, 1 << 40, || Ok(()), |(), _| Ok(()), &mut stop);
            assert!(matches!(ended, Err(Error::Cancelled)));
            assert!(told.is_sorted() && told.last().is_some_and(|last| *last >= 10));
        }
    }

    #[test]
    fn little_work_gets_one_thread() {
        assert_eq!((threads(0, 100), threads(3, 100)), (1, 3));
        assert!(threads(0, 1 << 30) >= 1);
    }
}
