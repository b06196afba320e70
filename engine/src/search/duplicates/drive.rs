//! Numbered tasks on threads, what they find handed to the caller's own thread as it comes.

#![deny(clippy::arithmetic_side_effects)]

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::error::Result;

/// Messages that wait at most, for each thread.
const WAITING: usize = 4;
/// Most threads.
const THREADS_MAX: usize = 1024;

/// Takes what a task has found; false stops the task.
pub(super) type Emit<'a, M> = &'a mut dyn FnMut(M) -> bool;

/// Runs `tasks` tasks, each on one of `threads` threads with a worker of its own. `each` is called
/// on this thread with what they emit, in no order but that of each task; an error of it or of a
/// task stops all.
pub(super) fn drive<W, M: Send>(
    threads: usize,
    tasks: usize,
    make: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize, Emit<'_, M>) -> Result<()> + Sync,
    mut each: impl FnMut(M) -> Result<()>,
) -> Result<()> {
    let threads = threads.min(tasks).min(THREADS_MAX);
    if threads < 2 {
        return alone(tasks, &mut make(), &work, &mut each);
    }
    let next = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel::<Result<M>>(threads.saturating_mul(WAITING));
    thread::scope(|scope| {
        let mut helpers = Vec::new();
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, make, work) = (&next, &make, &work);
            let body = move || {
                let mut worker = make();
                let mut open = true;
                while open {
                    let task = next.fetch_add(1, Ordering::Relaxed);
                    if task >= tasks {
                        break;
                    }
                    // The receiver is gone when the caller has stopped.
                    let done = work(&mut worker, task, &mut |found| {
                        open = open && sender.send(Ok(found)).is_ok();
                        open
                    });
                    if let Err(error) = done {
                        open = false;
                        // Nobody to tell when the caller has stopped already.
                        sender.send(Err(error)).unwrap_or_default();
                    }
                }
            };
            // A thread that cannot be had is done without.
            helpers.extend(thread::Builder::new().spawn_scoped(scope, body).ok());
        }
        drop(sender);
        if helpers.is_empty() {
            return alone(tasks, &mut make(), &work, &mut each);
        }
        let outcome = receiver.iter().try_for_each(|found| each(found?));
        drop(receiver);
        for helper in helpers {
            helper.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        outcome
    })
}

fn alone<W, M>(
    tasks: usize,
    worker: &mut W,
    work: &impl Fn(&mut W, usize, Emit<'_, M>) -> Result<()>,
    each: &mut impl FnMut(M) -> Result<()>,
) -> Result<()> {
    for task in 0..tasks {
        let mut outcome = Ok(());
        work(worker, task, &mut |found| {
            if outcome.is_ok() {
                outcome = each(found);
            }
            outcome.is_ok()
        })?;
        outcome?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::drive;
    use crate::error::Error;

    #[test]
    fn every_task_runs_once_and_what_it_emits_arrives() {
        for threads in [1, 2, 4] {
            let mut sum = 0;
            let work = |(): &mut (), task: usize, emit: super::Emit<'_, usize>| {
                let _ = emit(task) && emit(1000);
                Ok(())
            };
            drive(
                threads,
                100,
                || (),
                work,
                |found| {
                    sum += found;
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(sum, 100 * 99 / 2 + 100_000);
        }
    }

    #[test]
    fn errors_of_both_ends_stop_all() {
        for threads in [1, 3] {
            let failing = |(): &mut (), task: usize, emit: super::Emit<'_, usize>| {
                emit(task);
                if task == 7 { Err(Error::Invalid("seven".into())) } else { Ok(()) }
            };
            let stopped = drive(threads, 1 << 40, || (), failing, |_| Ok(()));
            assert_eq!(stopped.unwrap_err().to_string(), "seven");
            let endless = |(): &mut (), _: usize, emit: super::Emit<'_, ()>| {
                while emit(()) {}
                Ok(())
            };
            let stopped = drive(threads, 1 << 40, || (), endless, |()| Err(Error::Cancelled));
            assert!(matches!(stopped, Err(Error::Cancelled)));
        }
    }
}
