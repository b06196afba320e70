//! Faults and when they strike.

use std::io;

/// What goes wrong with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `EIO`. A write or `set_len` changes nothing; a sync takes what is unsynced out of the reach
    /// of every later sync, while reads go on seeing it.
    Eio,
    /// `ENOSPC`; as [`Fault::Eio`] otherwise.
    Enospc,
    /// A write that ends after this many sectors, and then `EIO`. As [`Fault::Eio`] for an
    /// operation that is no write.
    ShortWrite(usize),
    /// The power goes: a write or `set_len` is under way, so that any part of it may arrive, and
    /// every later operation fails.
    PowerCut,
}

impl Fault {
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::Eio | Self::ShortWrite(_) => io::Error::from_raw_os_error(libc::EIO),
            Self::Enospc => io::Error::from_raw_os_error(libc::ENOSPC),
            Self::PowerCut => power_is_off(),
        }
    }
}

pub(super) fn power_is_off() -> io::Error {
    io::Error::other("the simulated machine is off")
}

/// Counts the operations and says which of them fail.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) ops: u64,
    pub(super) reads_count: bool,
    triggers: Vec<Trigger>,
}

#[derive(Debug)]
struct Trigger {
    at: u64,
    fault: Fault,
    persistent: bool,
}

impl Faults {
    pub(super) fn add(&mut self, at: u64, fault: Fault, persistent: bool) {
        self.triggers.push(Trigger { at, fault, persistent });
    }

    pub(super) fn clear(&mut self) {
        self.triggers.clear();
    }

    /// Counts one operation; what goes wrong with it.
    pub(super) fn strike(&mut self) -> Option<Fault> {
        let op = self.ops;
        self.ops = op.saturating_add(1);
        let due = |t: &&Trigger| if t.persistent { op >= t.at } else { op == t.at };
        self.triggers.iter().find(due).map(|trigger| trigger.fault)
    }
}
