//! What the disk holds, what it is still to hold, and what reads see.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use super::super::span::write_within;

/// The unit that a disk writes as a whole.
pub(super) const SECTOR: usize = 512;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) kind: Kind,
    /// A sync of it failed: it may have arrived, and no later sync brings it.
    lost: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Len(usize),
    Sector(Version),
}

/// The content of one sector, up to the end of the file, after a write.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) index: usize,
    pub(super) data: Vec<u8>,
    /// What the write changed in it.
    pub(super) touched: Range<usize>,
}

/// A disk behind a cache.
#[derive(Debug, Default)]
pub(super) struct Platter {
    /// What reads see.
    pub(super) visible: Vec<u8>,
    /// What survives.
    pub(super) durable: Vec<u8>,
    /// What may survive, in the order of its writing.
    pub(super) pending: Vec<Change>,
}

impl Version {
    /// Puts the sector into `image`. Where it ends past the end of `image`, that is extended, or
    /// what lies past the end falls away.
    pub(super) fn apply(&self, image: &mut Vec<u8>, extend: bool) {
        let start = self.index.saturating_mul(SECTOR);
        let end = start.saturating_add(self.data.len());
        if extend && end > image.len() {
            image.resize(end, 0);
        }
        for (to, from) in image.iter_mut().skip(start).zip(&self.data) {
            *to = *from;
        }
    }
}

impl Platter {
    pub(super) fn from_image(image: Vec<u8>) -> Self {
        Self { visible: image.clone(), durable: image, pending: Vec::new() }
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(data.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        if end > self.visible.len() {
            self.set_len(end)?;
        }
        write_within(&mut self.visible, offset, data)?;
        for index in start / SECTOR..end.div_ceil(SECTOR) {
            self.note_sector(index, start..end);
        }
        Ok(())
    }

    pub(super) fn set_len(&mut self, len: usize) -> io::Result<()> {
        self.visible.try_reserve(len.saturating_sub(self.visible.len()))?;
        self.visible.resize(len, 0);
        self.pending.push(Change { kind: Kind::Len(len), lost: false });
        Ok(())
    }

    /// Makes all that is not lost durable.
    pub(super) fn sync(&mut self) {
        let (lost, fresh): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|c| c.lost);
        for change in &fresh {
            match &change.kind {
                Kind::Len(len) => self.durable.resize(*len, 0),
                Kind::Sector(version) => version.apply(&mut self.durable, true),
            }
        }
        // What is durable is not overtaken by an older change of the same place.
        let settled: BTreeSet<_> = fresh.iter().map(Change::place).collect();
        self.pending = lost.into_iter().filter(|c| !settled.contains(&c.place())).collect();
    }

    pub(super) fn fail_sync(&mut self) {
        self.pending.iter_mut().for_each(|change| change.lost = true);
    }

    fn note_sector(&mut self, index: usize, written: Range<usize>) {
        let start = index.saturating_mul(SECTOR);
        let end = start.saturating_add(SECTOR).min(self.visible.len());
        let data = self.visible.get(start..end).unwrap_or_default().to_vec();
        let touched = written.start.saturating_sub(start)
            ..written.end.min(end).saturating_sub(start).min(data.len());
        let kind = Kind::Sector(Version { index, data, touched });
        self.pending.push(Change { kind, lost: false });
    }
}

impl Change {
    /// The sector that changes; `None` for the length.
    fn place(&self) -> Option<usize> {
        match &self.kind {
            Kind::Len(_) => None,
            Kind::Sector(version) => Some(version.index),
        }
    }
}
