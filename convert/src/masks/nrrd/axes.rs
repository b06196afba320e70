//! Which axes are space, which layers, which time.

use super::error::NrrdErrorKind;
use super::fields::{kinds, sizes};
use super::header::Header;

/// What an axis beside those of space counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Layers,
    Frames,
}

/// The axes of a file: at most one that is faster than space, two or three of space, at most one that is slower.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axes {
    pub(super) count: usize,
    /// The first axis of space.
    pub(super) first: usize,
    /// Voxels along z, y, x.
    pub(super) shape: [u64; 3],
    /// Whether there is a third axis of space.
    pub(super) deep: bool,
    inner: (u64, Role),
    outer: (u64, Role),
}

impl Axes {
    /// `spatial` says of each axis whether it has a direction, where the file says so.
    pub(super) fn of(
        header: &Header,
        spatial: Option<Vec<bool>>,
        segments: bool,
    ) -> Result<Self, NrrdErrorKind> {
        let sizes = sizes(header)?;
        let kinds = kinds(header, sizes.len())?;
        let kind = |axis: usize| {
            kinds.as_ref().and_then(|kinds| kinds.get(axis)).map_or("???", String::as_str)
        };
        let odd = || {
            NrrdErrorKind::Unsupported(format!(
                "axes of sizes {sizes:?} and kinds {kinds:?} are not read"
            ))
        };
        let spatial = spatial.unwrap_or_else(|| {
            // Without directions: what the kinds say, else three axes of space. The layers of segments come first.
            let shift = usize::from(segments && sizes.len() > 3);
            let places = shift..shift.saturating_add(3);
            let by_kind = |axis| match kind(axis) {
                "domain" | "space" => true,
                "???" => places.contains(&axis),
                _ => false,
            };
            (0..sizes.len()).map(by_kind).collect()
        });
        let first = spatial.iter().position(|space| *space).ok_or_else(odd)?;
        let run = spatial.iter().skip(first).take_while(|space| **space).count();
        let last = first.saturating_add(run);
        let others = sizes.len().saturating_sub(last);
        let whole = spatial.iter().filter(|space| **space).count() == run;
        if first > 1
            || others > 1
            || !(2..=3).contains(&run)
            || !whole
            || spatial.len() != sizes.len()
        {
            return Err(odd());
        }
        let at = |axis: usize| sizes.get(axis).copied().unwrap_or(1);
        let inner =
            if first == 1 { (at(0), role(kind(0), Role::Layers)) } else { (1, Role::Layers) };
        let other = if inner.1 == Role::Layers && first == 1 { Role::Frames } else { Role::Layers };
        let outer = match (others, kind(last)) {
            (0, _) => (1, Role::Frames),
            (_, "???") if !segments => (at(last), Role::Frames),
            (_, kind) => (at(last), role(kind, other)),
        };
        let colour = |kind: &str| kind.contains("color") || kind == "complex";
        let colours = (first == 1 && colour(kind(0))) || (others == 1 && colour(kind(last)));
        let clash = first == 1 && others == 1 && inner.1 == outer.1;
        if (colours && inner.0.max(outer.0) > 1) || clash {
            return Err(odd());
        }
        let deep = run == 3;
        let z = if deep { at(first.saturating_add(2)) } else { 1 };
        let shape = [z, at(first.saturating_add(1)), at(first)];
        Ok(Self { count: sizes.len(), first, shape, deep, inner, outer })
    }

    fn counts(&self, role: Role) -> u64 {
        let of = |axis: (u64, Role)| if axis.1 == role { axis.0 } else { 1 };
        of(self.inner).saturating_mul(of(self.outer))
    }

    pub(super) fn layers(&self) -> u64 {
        self.counts(Role::Layers)
    }

    pub(super) fn frames(&self) -> u64 {
        self.counts(Role::Frames)
    }

    /// The axis of time, if there is one.
    pub(super) fn time(&self) -> Option<usize> {
        let outer = self.first.saturating_add(if self.deep { 3 } else { 2 });
        match (self.inner.1, self.outer.1) {
            (Role::Frames, _) if self.first == 1 => Some(0),
            (_, Role::Frames) if outer < self.count => Some(outer),
            _ => None,
        }
    }

    /// Values at each voxel: layers or frames that are faster than x.
    pub(super) fn inner(&self) -> u64 {
        self.inner.0
    }

    /// Volumes that follow each other.
    pub(super) fn outer(&self) -> u64 {
        self.outer.0
    }

    /// The layer and frame of a place in front of and behind the axes of space.
    pub(super) fn layer_frame(&self, inner: u64, outer: u64) -> (u64, u64) {
        let mut found = (0, 0);
        for (place, role) in [(inner, self.inner.1), (outer, self.outer.1)] {
            match role {
                Role::Layers => found.0 = place.max(found.0),
                Role::Frames => found.1 = place.max(found.1),
            }
        }
        found
    }

    /// Values of the file.
    pub(super) fn values(&self) -> Option<u64> {
        let sizes = self.shape.into_iter().chain([self.inner.0, self.outer.0]);
        sizes.into_iter().try_fold(1_u64, u64::checked_mul)
    }
}

fn role(kind: &str, otherwise: Role) -> Role {
    match kind {
        "time" => Role::Frames,
        "list" | "vector" => Role::Layers,
        _ => otherwise,
    }
}
