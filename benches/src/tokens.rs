//! Token tensors: random reads, single tokens, a cold scan, durable appends.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use vesalius::{Database, Definition, FeatureMatrix, Field, Snapshot};

use crate::Result;
use crate::measure::{Rounds, timed};
use crate::noise::Noise;
use crate::options::Options;
use crate::peers::plain_file::PlainFile;
use crate::peers::plain_read;
use crate::peers::python::{H5_TOKENS, Server};
use crate::table::{Bound, Ratio, Table, Unit};

/// The grid and the dimension of the store that is replaced.
const SIDE: u32 = 27;
const TOKENS: usize = 729;
const DIM: usize = 1152;
const FIELD: &str = "tokens";
/// Images of a durable batch.
const BATCH: u64 = 64;
/// Images read in a round.
const READS: u32 = 512;
/// Tokens read in a round: of one image each.
const TOKEN_READS: u64 = 64;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let images = options.scaled(640, 8);
    let source = Source::write(folder.path(), images)?;
    let path = folder.path().join("tokens.vsl");
    append(&path, &source, &mut |_, _| ())?;
    let mut h5 = match H5_TOKENS.absent() {
        None => Ok(H5_TOKENS.serve(&[folder.path()])?),
        Some(why) => Err(why),
    };
    {
        let snapshot = Database::open_read_only(&path)?.snapshot()?;
        reads(options, table, &snapshot, images, &mut h5)?;
    }
    appends(options, table, folder.path(), &source, &mut h5)?;
    cold(options, table, &path)?;
    table.note(format!(
        "{images} images of {SIDE} x {SIDE} tokens, D = {DIM} f16, {} each; uniform noise, which LZF stores as it \
         is; HDF5 in chunks of 4 images, as the store that is replaced",
        Unit::Bytes.show(bytes_of_image() as f64),
    ));
    Ok(())
}

fn bytes_of_image() -> u64 {
    (TOKENS * DIM * 2) as u64
}

/// The tensors as a file, which the peers read too.
struct Source {
    images: u64,
    values: Vec<u16>,
}

impl Source {
    fn write(folder: &Path, images: u64) -> Result<Self> {
        let mut noise = Noise::new(7);
        let mut values = Vec::with_capacity(usize::try_from(images)? * TOKENS * DIM);
        for _ in 0..usize::try_from(images)? * TOKENS * DIM / 4 {
            // Exponents from 2^-8 to 2^-1, which are all finite.
            let words: [u16; 4] = bytemuck::cast(noise.bits());
            values.extend(words.map(|word| (word & 0x9fff) | 0x1c00));
        }
        let mut file = File::create_new(folder.join("tokens.f16"))?;
        file.write_all(bytemuck::cast_slice(&values))?;
        let shape = format!("{images} {TOKENS} {DIM} {BATCH}");
        std::fs::write(folder.join("shape.txt"), shape)?;
        Ok(Self { images, values })
    }

    fn batches(&self) -> impl Iterator<Item = &[u16]> {
        self.values.chunks(usize::try_from(BATCH).unwrap_or(1) * TOKENS * DIM)
    }
}

/// Writes a container, a durable transaction a batch; tells `each` the seconds of it and its bytes.
fn append(path: &Path, source: &Source, each: &mut dyn FnMut(f64, u64)) -> Result<()> {
    let field = Field::tokens(FIELD, [0, SIDE, SIDE], DIM);
    let db = Database::create(path, Definition::new().field(field))?;
    let mut number = 0_u64;
    for batch in source.batches() {
        let (seconds, ()) = timed(|| {
            let mut txn = db.begin_write()?;
            for tensor in batch.chunks(TOKENS * DIM) {
                let values: &[half::f16] = bytemuck::cast_slice(tensor);
                txn.put(&key(number))?.tokens(FIELD, values)?;
                number += 1;
            }
            Ok(txn.commit()?)
        })?;
        each(seconds, std::mem::size_of_val(batch) as u64);
    }
    db.close()?;
    Ok(())
}

fn key(number: u64) -> String {
    format!("image-{number:06}")
}

fn words<'a>(features: &FeatureMatrix<'a>) -> Result<&'a [u64]> {
    match features {
        FeatureMatrix::F16 { values, .. } => {
            Ok(bytemuck::try_cast_slice(values)
                .map_err(|_| "a tensor is not aligned to its words")?)
        }
        FeatureMatrix::F32 { .. } => Err("the tensors are of f16".into()),
    }
}

type Peer = std::result::Result<Server, String>;

fn reads(
    options: &Options,
    table: &mut Table,
    snapshot: &Snapshot,
    images: u64,
    h5: &mut Peer,
) -> Result<()> {
    // Verified and in the page cache.
    snapshot.for_each_tokens(FIELD, None, |_, tokens| {
        black_box(plain_read::sum(&[words(&tokens.all()?).unwrap_or(&[])], 1));
        Ok(true)
    })?;
    let tensors = |picked: &[u64]| -> Result<u64> {
        let mut sum = 0_u64;
        for &number in picked {
            let image = snapshot.image(&key(number))?;
            let tokens = image.tokens(FIELD)?.ok_or("an image has no tokens")?;
            sum = sum.wrapping_add(plain_read::sum(&[words(&tokens.all()?)?], 1));
        }
        Ok(sum)
    };
    let single = |picked: &[(u64, usize)]| -> Result<u64> {
        let mut sum = 0_u64;
        for &(number, token) in picked {
            let image = snapshot.image(&key(number))?;
            let tokens = image.tokens(FIELD)?.ok_or("an image has no tokens")?;
            sum = sum.wrapping_add(plain_read::sum(&[words(&tokens.range(token, 1)?)?], 1));
        }
        Ok(sum)
    };
    let rows = [
        ("one image's tokens, h5py lzf", "read lzf.h5", Bound::AtLeast(50.0)),
        ("one image's tokens, h5py without filter", "read plain.h5", Bound::AtLeast(5.0)),
        ("one token, h5py lzf", "token lzf.h5", Bound::AtLeast(1000.0)),
        ("one token, h5py without filter", "token plain.h5", Bound::Free),
    ];
    for (what, question, bound) in rows {
        let server = match h5 {
            Ok(server) => server,
            Err(why) => {
                table.absent(what, why, bound);
                continue;
            }
        };
        let mut noise = Noise::new(9);
        let mut rounds = Rounds::default();
        let mut equal = true;
        for _ in 0..options.rounds {
            let one_token = question.starts_with("token");
            let count = if one_token { TOKEN_READS } else { options.scaled(READS, 16) };
            let picked: Vec<(u64, usize)> = (0..count)
                .map(|_| Ok((noise.below(images), usize::try_from(noise.below(TOKENS as u64))?)))
                .collect::<Result<_>>()?;
            let numbers: Vec<u64> = picked.iter().map(|(number, _)| *number).collect();
            let (ours, sum) =
                timed(|| if one_token { single(&picked) } else { tensors(&numbers) })?;
            let places = picked.iter().map(|(number, token)| {
                if one_token { format!(" {number}/{token}") } else { format!(" {number}") }
            });
            let asked: String = std::iter::once(question.to_owned()).chain(places).collect();
            let (peer, found) = server.ask(&asked)?;
            equal &= found == [sum];
            rounds.push(ours / count as f64, peer / count as f64);
        }
        table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, bound);
        table.note(format!("{what}: equal to that of h5py: {}", if equal { "yes" } else { "NO" }));
    }
    Ok(())
}

fn appends(
    options: &Options,
    table: &mut Table,
    folder: &Path,
    source: &Source,
    h5: &mut Peer,
) -> Result<()> {
    let mut plain = Rounds::default();
    let mut hdf = Rounds::default();
    for round in 0..options.rounds {
        let ours = |path: &Path| -> Result<f64> {
            let mut all = 0.0;
            append(path, source, &mut |seconds, _| all += seconds)?;
            std::fs::remove_file(path)?;
            Ok(all)
        };
        let theirs = |path: &Path| -> Result<f64> {
            let mut file = PlainFile::create(path)?;
            let mut all = 0.0;
            for batch in source.batches() {
                all += timed(|| file.append(bytemuck::cast_slice(batch)))?.0;
            }
            std::fs::remove_file(path)?;
            Ok(all)
        };
        let (a, b) = (folder.join("append.vsl"), folder.join("append.bin"));
        let (own, file) = if round % 2 == 0 {
            let own = ours(&a)?;
            (own, theirs(&b)?)
        } else {
            let file = theirs(&b)?;
            (ours(&a)?, file)
        };
        plain.push(own, file);
        if let Ok(server) = h5 {
            hdf.push(own, server.ask("append")?.0);
        }
    }
    let bytes = source.images * bytes_of_image();
    let what = format!("durable batches of {BATCH}, plain file and fdatasync");
    table.compare(&what, Unit::Seconds, &plain, Ratio::Speedup, Bound::AtLeast(0.85));
    let what = format!("durable batches of {BATCH}, h5py with a flush a batch");
    match h5 {
        Ok(_) => table.compare(&what, Unit::Seconds, &hdf, Ratio::Speedup, Bound::AtLeast(3.0)),
        Err(why) => table.absent(&what, why, Bound::AtLeast(3.0)),
    }
    table.note(format!(
        "an append is {} in all; a flush of h5py does not sync",
        Unit::Bytes.show(bytes as f64)
    ));
    Ok(())
}

fn cold(options: &Options, table: &mut Table, path: &Path) -> Result<()> {
    let what = "sequential scan of all tokens, cold, plain read of the file";
    let bound = Bound::AtLeast(0.9);
    if !evict(path) {
        table.absent(what, "dd cannot drop a file from the page cache here", bound);
        return Ok(());
    }
    let ours = || {
        evict(path);
        let (seconds, sum) = timed(|| {
            let snapshot = Database::open_read_only(path)?.snapshot()?;
            let mut sum = 0_u64;
            snapshot.for_each_tokens(FIELD, None, |_, tokens| {
                sum = sum.wrapping_add(plain_read::sum(&[words(&tokens.all()?).unwrap_or(&[])], 1));
                Ok(true)
            })?;
            Ok(sum)
        })?;
        black_box(sum);
        Ok(seconds)
    };
    let peer = || {
        evict(path);
        let (seconds, sum) = timed(|| {
            let mut file = File::open(path)?;
            let mut buffer = vec![0_u64; 1 << 17];
            let mut sum = 0_u64;
            loop {
                let read = file.read(bytemuck::cast_slice_mut(&mut buffer))?;
                if read == 0 {
                    return Ok(sum);
                }
                sum =
                    sum.wrapping_add(plain_read::sum(&[buffer.get(..read / 8).unwrap_or(&[])], 1));
            }
        })?;
        black_box(sum);
        Ok(seconds)
    };
    let rounds = Rounds::run(options.rounds, ours, peer)?;
    table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, bound);
    table.note(
        "cold: the file is dropped from the page cache before each scan; checksums are verified by it; both add up \
         all 64-bit words",
    );
    Ok(())
}

/// Drops a file from the page cache; false where that is not possible.
fn evict(path: &Path) -> bool {
    let mut dd = Command::new("dd");
    dd.arg(format!("if={}", path.display())).args(["iflag=nocache", "count=0"]);
    dd.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
