//! What a patient may suffer from.

use super::rng::Rng;

/// The finding of one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nothing.
    None,
    /// An enlarged heart, its width beyond half that of the thorax.
    Cardiomegaly,
    /// A consolidation at the base of the right lung.
    RightLowerOpacity,
    /// Fluid that blunts the left costophrenic angle.
    LeftEffusion,
    /// A round, solid spot in the upper zone of the left lung.
    LeftUpperNodule,
}

impl Finding {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::None,
        Self::Cardiomegaly,
        Self::RightLowerOpacity,
        Self::LeftEffusion,
        Self::LeftUpperNodule,
    ];

    /// The words a report would use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Cardiomegaly => "cardiomegaly",
            Self::RightLowerOpacity => "right lower lung opacity",
            Self::LeftEffusion => "left pleural effusion",
            Self::LeftUpperNodule => "left upper lung nodule",
        }
    }

    /// The region that shows it best, a name of [`super::REGION_NAMES`].
    pub(crate) const fn region(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Cardiomegaly => Some("cardiac silhouette"),
            Self::RightLowerOpacity => Some("right lower lung zone"),
            Self::LeftEffusion => Some("left costophrenic angle"),
            Self::LeftUpperNodule => Some("left upper lung zone"),
        }
    }
}

/// Finding and split of the patient at `index`. Every block of twenty patients holds, in random
/// order, three of each finding and eight healthy ones; of the three, two are for training and the
/// third in turn for validation or testing. So a small cohort is not at the mercy of chance.
pub(super) fn assign(index: usize) -> (Finding, &'static str) {
    const BLOCK: usize = 20;
    let block = index / BLOCK;
    let mut places: Vec<(Finding, &'static str)> = Vec::with_capacity(BLOCK);
    for (number, finding) in Finding::ALL.into_iter().enumerate() {
        if finding == Finding::None {
            let healthy = ["train", "train", "train", "train", "val", "val", "test", "test"];
            places.extend(healthy.map(|split| (finding, split)));
        } else {
            let third = if (block + number).is_multiple_of(2) { "val" } else { "test" };
            places.extend(["train", "train", third].map(|split| (finding, split)));
        }
    }
    Rng::new(block as u64, 101).shuffle(&mut places);
    places.get(index % BLOCK).copied().unwrap_or((Finding::None, "train"))
}
