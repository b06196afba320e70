//! A simulated disk for tests of crashes and faults.
//!
//! [`SimDisk`] is a medium that does all the harm that the contract of [`Storage`] allows: it tears
//! writes at sectors, loses and reorders them, fails operations and cuts the power. The model of a
//! failed sync is that of Rebello et al., USENIX ATC 2020. Everything is a function of the calls
//! and of the seeds given.
//!
//! ```
//! use vesalius::storage::Storage;
//! use vesalius::storage::sim::{CrashMode, Fault, SimDisk};
//!
//! # fn main() -> std::io::Result<()> {
//! let disk = SimDisk::new();
//! disk.write_at(0, b"kept")?;
//! disk.sync()?;
//! disk.set_trigger(disk.ops(), Fault::PowerCut);
//! assert!(disk.write_at(0, b"torn").is_err());
//! assert_eq!(disk.crash_image(1, CrashMode::None), b"kept");
//! let after = SimDisk::from_image(disk.crash_image(1, CrashMode::Random(50)));
//! assert_eq!(after.len()?, 4);
//! # Ok(())
//! # }
//! ```

mod crash;
mod fault;
mod platter;
mod rng;

#[cfg(test)]
mod tests;

pub use crash::CrashMode;
pub use fault::Fault;
pub use rng::SplitMix64;

use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::local::LocalLocks;
use super::span::{end_of, read_within, span_within};
use super::{AlignedBuf, Bytes, EpochLock, Storage};
use fault::{Faults, power_is_off};
use platter::{Platter, SECTOR};

/// A simulated disk. A clone is another handle of the same one: it sees the same bytes, faults and
/// power, and competes for the same locks. Memory: three times the content, plus what is unsynced.
#[derive(Clone, Debug)]
pub struct SimDisk {
    machine: Arc<Mutex<Machine>>,
    locks: LocalLocks,
}

#[derive(Debug, Default)]
struct Machine {
    platter: Platter,
    faults: Faults,
    off: bool,
    lies: bool,
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::from_image(Vec::new())
    }

    /// A disk that holds `image`, all of it durable; how a crashed one is opened again.
    pub fn from_image(image: Vec<u8>) -> Self {
        let machine = Machine { platter: Platter::from_image(image), ..Machine::default() };
        Self { machine: Arc::new(Mutex::new(machine)), locks: LocalLocks::new() }
    }

    /// What the disk may hold after a crash now, chosen by `rng_seed` within `mode`; O(content).
    pub fn crash_image(&self, rng_seed: u64, mode: CrashMode) -> Vec<u8> {
        crash::crash_image(&self.machine.lock().platter, rng_seed, mode)
    }

    /// How many operations were called: writes, `set_len`s and syncs, the failed ones too; reads
    /// and `bytes` when [`SimDisk::fault_reads`] is on. Those after a power cut do not count.
    pub fn ops(&self) -> u64 {
        self.machine.lock().faults.ops
    }

    /// `fault` strikes the one operation before which [`SimDisk::ops`] is `op_index`. Triggers add
    /// up; the first that was set wins.
    pub fn set_trigger(&self, op_index: u64, fault: Fault) {
        self.machine.lock().faults.add(op_index, fault, false);
    }

    /// As [`SimDisk::set_trigger`], for that operation and all after it.
    pub fn set_persistent_trigger(&self, op_index: u64, fault: Fault) {
        self.machine.lock().faults.add(op_index, fault, true);
    }

    /// Forgets all triggers. The power stays off if it is.
    pub fn clear_triggers(&self) {
        self.machine.lock().faults.clear();
    }

    /// Whether reads and `bytes` are counted and struck by faults; off at first.
    pub fn fault_reads(&self, yes: bool) {
        self.machine.lock().faults.reads_count = yes;
    }

    /// Whether sync returns `Ok` without making anything durable; off at first. The negative
    /// control of a crash test, which must then find a loss.
    pub fn lie_about_sync(&self, yes: bool) {
        self.machine.lock().lies = yes;
    }

    /// Cuts the power now: every later operation fails.
    pub fn cut_power(&self) {
        self.machine.lock().off = true;
    }

    /// Is the power off?
    pub fn is_off(&self) -> bool {
        self.machine.lock().off
    }

    /// How many changes, sectors and lengths, are not durable.
    pub fn unsynced(&self) -> usize {
        self.machine.lock().platter.pending.len()
    }

    fn running(&self) -> io::Result<MutexGuard<'_, Machine>> {
        let machine = self.machine.lock();
        if machine.off { Err(power_is_off()) } else { Ok(machine) }
    }

    fn reading(&self) -> io::Result<MutexGuard<'_, Machine>> {
        let mut machine = self.running()?;
        if machine.faults.reads_count
            && let Some(fault) = machine.faults.strike()
        {
            machine.off = fault == Fault::PowerCut;
            return Err(fault.error());
        }
        Ok(machine)
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl Storage for SimDisk {
    fn len(&self) -> io::Result<u64> {
        u64::try_from(self.running()?.platter.visible.len()).map_err(io::Error::other)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        read_within(&self.reading()?.platter.visible, offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut machine = self.running()?;
        end_of(offset, data.len())?;
        let fault = machine.faults.strike();
        let arrives = match fault {
            None | Some(Fault::PowerCut) => data,
            Some(Fault::ShortWrite(sectors)) => first_sectors(offset, data, sectors),
            Some(Fault::Eio | Fault::Enospc) => &[],
        };
        machine.platter.write(offset, arrives)?;
        machine.off = fault == Some(Fault::PowerCut);
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut machine = self.running()?;
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let fault = machine.faults.strike();
        if matches!(fault, None | Some(Fault::PowerCut)) {
            machine.platter.set_len(len)?;
        }
        machine.off = fault == Some(Fault::PowerCut);
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn sync(&self) -> io::Result<()> {
        let mut machine = self.running()?;
        match machine.faults.strike() {
            None if machine.lies => {}
            None => machine.platter.sync(),
            Some(Fault::PowerCut) => {
                machine.off = true;
                return Err(power_is_off());
            }
            Some(fault) => {
                machine.platter.fail_sync();
                return Err(fault.error());
            }
        }
        Ok(())
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let machine = self.reading()?;
        let visible = &machine.platter.visible;
        let visible_len = u64::try_from(visible.len()).map_err(io::Error::other)?;
        let span = span_within(offset, len, visible_len)?;
        let mut copy = AlignedBuf::with_capacity(len)?;
        copy.extend_from_slice(visible.get(span).unwrap_or_default())?;
        Ok(copy.into_bytes())
    }

    fn try_lock_writer(&self) -> io::Result<bool> {
        let _running = self.running()?;
        Ok(self.locks.try_lock_writer())
    }

    fn unlock_writer(&self) {
        self.locks.unlock_writer();
    }

    fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock> {
        let _running = self.running()?;
        Ok(self.locks.lock_epoch(epoch))
    }

    fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool> {
        let _running = self.running()?;
        Ok(self.locks.has_reader_up_to(epoch))
    }

    /// A forked child has a disk of its own, so no fork matters.
    fn forked(&self) -> bool {
        false
    }

    fn writable(&self) -> bool {
        true
    }
}

/// The part of `data`, written at `offset`, that lies in its first `sectors` sectors.
fn first_sectors(offset: u64, data: &[u8], sectors: usize) -> &[u8] {
    let within = usize::try_from(offset).unwrap_or(0) % SECTOR;
    let len = sectors.saturating_mul(SECTOR).saturating_sub(within);
    data.get(..len).unwrap_or(data)
}
