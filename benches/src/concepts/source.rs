//! The data: a container, and plain files for the peer.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use half::f16;
use vesalius::{Database, Definition, Dtype, Field, PromptSet, WriteTxn};

use crate::Result;
use crate::noise::Noise;

/// The grid and the dimension of the original store.
pub(super) const SIDE: u32 = 27;
pub(super) const TOKENS: usize = 729;
pub(super) const DIM: usize = 1152;
pub(super) const FEATURES: &str = "features";
pub(super) const PATCHES: &str = "patches";
pub(super) const PROMPTS: &str = "prompts";

/// Images of a transaction.
const BATCH: u64 = 5000;

/// Sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) images: u64,
    /// The first so many have tokens too.
    pub(super) with_tokens: u64,
    pub(super) prompts: usize,
}

impl Source {
    /// Writes the container and, beside it, what the peer reads.
    pub(super) fn write(&self, folder: &Path, path: &Path) -> Result<()> {
        let definition = Definition::new()
            .field(Field::vector(FEATURES, DIM).dtype(Dtype::F16))
            .field(Field::tokens(PATCHES, [0, SIDE, SIDE], DIM));
        let create = |name: &str| -> Result<_> {
            Ok(BufWriter::with_capacity(1 << 20, File::create_new(folder.join(name))?))
        };
        let (mut features, mut tokens) = (create("features.f16")?, create("tokens.f16")?);
        let db = Database::create(path, definition)?;
        let mut txn = db.begin_write()?;
        self.write_prompts(folder, &mut txn)?;
        let mut noise = Noise::new(13);
        let mut vector = vec![0.0; DIM];
        for number in 0..self.images {
            if number % BATCH == BATCH - 1 {
                txn.commit()?;
                txn = db.begin_write()?;
            }
            noise.fill(&mut vector);
            // What the peer reads is what the container rounds to.
            let halves: Vec<f16> = vector.iter().copied().map(f16::from_f32).collect();
            features.write_all(bytemuck::cast_slice(&halves))?;
            let image = txn.put(&key(number))?.vector(FEATURES, &vector)?;
            if number < self.with_tokens {
                let values = tensor(&mut noise);
                tokens.write_all(bytemuck::cast_slice(&values))?;
                image.tokens(PATCHES, &values[..])?;
            }
        }
        txn.commit()?;
        db.close()?;
        features.flush()?;
        tokens.flush()?;
        let Self { images, with_tokens, prompts } = self;
        let shape = format!("{images} {with_tokens} {TOKENS} {DIM} {prompts}");
        Ok(std::fs::write(folder.join("shape.txt"), shape)?)
    }

    fn write_prompts(&self, folder: &Path, txn: &mut WriteTxn<'_>) -> Result<()> {
        let mut values = vec![0.0; self.prompts * DIM];
        Noise::new(17).fill(&mut values);
        std::fs::write(folder.join("prompts.f32"), bytemuck::cast_slice(&values))?;
        let texts = (0..self.prompts).map(text).collect();
        Ok(txn.set_prompt_set(&PromptSet::new(PROMPTS, texts, DIM).features(values))?)
    }
}

pub(super) fn key(number: u64) -> String {
    format!("image-{number:06}")
}

pub(super) fn text(number: usize) -> String {
    format!("finding {number}")
}

/// `[TOKENS, DIM]` of either sign with exponents from 2^-8 to 2^-1, which are all finite.
fn tensor(noise: &mut Noise) -> Vec<f16> {
    let mut values = Vec::with_capacity(TOKENS * DIM);
    for _ in 0..TOKENS * DIM / 4 {
        let words: [u16; 4] = bytemuck::cast(noise.bits());
        values.extend(words.map(|word| f16::from_bits((word & 0x9fff) | 0x1c00)));
    }
    values
}
