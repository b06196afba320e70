//! Ours against a peer in Python, in turns.

use std::path::Path;
use std::time::Instant;

use crate::Result;
use crate::measure::{Rounds, Spread};
use crate::options::Options;
use crate::peers::python::Server;
use crate::table::{Bound, Ratio, Table, Unit};

/// What all measurements of masks need.
pub(super) struct Contest<'a> {
    pub(super) options: &'a Options,
    pub(super) table: &'a mut Table,
    /// Where the peers look for files.
    pub(super) folder: &'a Path,
    /// The peers, or why there are none.
    pub(super) peers: std::result::Result<Server, String>,
}

impl Contest<'_> {
    /// Adds a row of how many times as fast ours is as what the peer does when asked.
    pub(super) fn race(
        &mut self,
        what: &str,
        question: &str,
        bound: Bound,
        mut ours: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let server = match &mut self.peers {
            Ok(server) => server,
            Err(why) => {
                self.table.absent(what, why, bound);
                return Ok(());
            }
        };
        let rounds =
            Rounds::run(self.options.rounds, || least(&mut ours), || Ok(server.ask(question)?.0))?;
        self.table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, bound);
        Ok(())
    }

    /// Adds a row of `bytes` a second.
    pub(super) fn rate(
        &mut self,
        what: &str,
        bytes: u64,
        bound: Bound,
        mut ours: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let mut rates = Vec::new();
        for _ in 0..self.options.rounds {
            rates.push(bytes as f64 / least(&mut ours)?);
        }
        let spread = Spread::of(rates).ok_or("no round was run")?;
        self.table.alone(what, Unit::Rate, spread, bound);
        Ok(())
    }

    /// The numbers that the peers answer a question with, if there are peers.
    pub(super) fn ask(&mut self, question: &str) -> Result<Option<(f64, Vec<u64>)>> {
        self.peers.as_mut().ok().map(|server| server.ask(question)).transpose()
    }

    /// Notes whether the peers found the same as ours.
    pub(super) fn check(&mut self, what: &str, set: &str, ours: &[u8]) -> Result<()> {
        std::fs::write(self.folder.join(format!("ours.{what}")), ours)?;
        if let Some((_, found)) = self.ask(&format!("check {what} {set}"))? {
            let equal = if found.first() == Some(&0) { "yes" } else { "NO" };
            self.table.note(format!("{set}: {what} equal to those of the peers: {equal}"));
        }
        Ok(())
    }
}

/// Seconds of one step: the least of several, each as many steps as take a millisecond.
pub(super) fn least(step: &mut impl FnMut() -> Result<()>) -> Result<f64> {
    let mut timed = |count: u32| -> Result<f64> {
        let start = Instant::now();
        for _ in 0..count {
            step()?;
        }
        Ok(start.elapsed().as_secs_f64() / f64::from(count))
    };
    let once = timed(1)?.max(1e-9);
    let inner = whole(1e-3 / once).max(1);
    // Many: on a machine with other work most of what takes longer is interrupted.
    let times = whole(0.3 / (f64::from(inner) * once)).clamp(5, 40);
    let mut least = f64::INFINITY;
    for _ in 0..times {
        least = least.min(timed(inner)?);
    }
    Ok(least)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(value: f64) -> u32 {
    value as u32
}
