//! How many bytes masks take.

use vesalius::MaskProfile;

use super::contest::Contest;
use super::kept;
use super::set::{Organs, Set};
use crate::Result;
use crate::measure::{Rounds, Spread};
use crate::table::{Bound, Ratio, Unit};

/// Label maps of CT.
pub(super) fn ct(contest: &mut Contest<'_>, sets: &[Set]) -> Result<()> {
    let what = "size, geometric mean over CT, crackle with zstd";
    let ratios = each(contest, sets, Bound::AtMost(1.0), Bound::AtMost(0.35))?;
    let bound = Bound::AtMost(0.9);
    if let Err(why) = &contest.peers {
        contest.table.missing(what, why, Unit::Times, bound);
        return Ok(());
    }
    let mean = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64;
    let spread = Spread::of([mean.exp()]).ok_or("no set")?;
    contest.table.alone(what, Unit::Times, spread, bound);
    Ok(())
}

/// Atlases.
pub(super) fn brain(contest: &mut Contest<'_>, sets: &[Set]) -> Result<()> {
    each(contest, sets, Bound::AtMost(1.15), Bound::AtMost(0.6))?;
    Ok(())
}

/// The ratio to crackle of each.
fn each(contest: &mut Contest<'_>, sets: &[Set], crackle: Bound, msk: Bound) -> Result<Vec<f64>> {
    let mut ratios = Vec::new();
    for set in sets {
        let profile = MaskProfile::Small;
        let path = kept::write(contest.folder, &set.space, &set.segments, profile)?;
        let ours = kept::bytes(&path)? as f64;
        let found = contest.ask(&format!("size {}", set.name))?;
        let theirs = found.map_or_else(Vec::new, |(_, numbers)| numbers);
        let [mut against_crackle, mut against_msk] = [(); 2].map(|()| Rounds::default());
        if let [crackle, msk] = *theirs {
            ratios.push(ours / crackle as f64);
            against_crackle.push(ours, crackle as f64);
            against_msk.push(ours, msk as f64);
        }
        let rows = [("crackle with zstd", &against_crackle, crackle), (".msk", &against_msk, msk)];
        for (peer, rounds, bound) in rows {
            share(contest, &format!("size of {}, {peer}", set.name), rounds, bound);
        }
    }
    Ok(ratios)
}

fn share(contest: &mut Contest<'_>, what: &str, rounds: &Rounds, bound: Bound) {
    match &contest.peers {
        Err(why) => contest.table.absent(what, why, bound),
        Ok(_) => contest.table.compare(what, Unit::Bytes, rounds, Ratio::Share, bound),
    }
}

/// Many masks that overlap, empty ones too.
pub(super) fn organs(contest: &mut Contest<'_>, organs: &Organs) -> Result<()> {
    let segments = &organs.set.segments;
    let path = kept::write(contest.folder, &organs.set.space, segments, MaskProfile::Small)?;
    let ours = kept::bytes(&path)? as f64;
    let what = format!("size of a folder of {} masks", organs.files);
    let spread = Spread::of([ours]).ok_or("no size")?;
    contest.table.alone(&what, Unit::Bytes, spread, Bound::AtMost(25e3));
    let found = contest.ask(&format!("archive {}", organs.path.display()))?;
    let theirs = found.map_or_else(Vec::new, |(_, numbers)| numbers);
    let [mut mska, mut files] = [(); 2].map(|()| Rounds::default());
    if let [archive, all, bad] = *theirs {
        mska.push(ours, archive as f64);
        files.push(ours, all as f64);
        if bad > 0 {
            contest.table.note(format!("{bad} masks of the .mska are not what was put in"));
        }
    }
    share(contest, &format!("{what}, .mska"), &mska, Bound::AtMost(0.27));
    share(contest, &format!("{what}, the files"), &files, Bound::Free);
    Ok(())
}
