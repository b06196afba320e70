//! Reading bytes and doing next to nothing with them: what memory gives.

use std::thread;

/// 64-bit words added at once; wide enough that the compiler vectorises and that sums do not wait for
/// each other.
const LANES: usize = 16;

/// The sum of all words of all slices, by `threads` threads with equal shares.
pub(crate) fn sum(slices: &[&[u64]], threads: usize) -> u64 {
    if threads < 2 {
        return slices.iter().fold(0, |sum, slice| sum.wrapping_add(sum_of(slice)));
    }
    let shares = shares(slices, threads);
    thread::scope(|scope| {
        let workers: Vec<_> =
            shares.iter().map(|share| scope.spawn(move || sum(share, 1))).collect();
        let sums = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
        sums.fold(0, u64::wrapping_add)
    })
}

fn sum_of(words: &[u64]) -> u64 {
    let mut lanes = [0_u64; LANES];
    let (chunks, rest) = words.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, word) in lanes.iter_mut().zip(chunk) {
            *lane = lane.wrapping_add(*word);
        }
    }
    lanes.iter().chain(rest).fold(0, |sum, word| sum.wrapping_add(*word))
}

/// Cuts the slices, in order, into `count` runs of about equal length.
fn shares<'a>(slices: &[&'a [u64]], count: usize) -> Vec<Vec<&'a [u64]>> {
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    let each = total.div_ceil(count.max(1)).max(1);
    let mut shares = vec![Vec::new()];
    let mut room = each;
    for slice in slices {
        let mut rest = *slice;
        while !rest.is_empty() {
            if room == 0 {
                shares.push(Vec::new());
                room = each;
            }
            let (head, tail) = rest.split_at(rest.len().min(room));
            room -= head.len();
            rest = tail;
            if let Some(last) = shares.last_mut() {
                last.push(head);
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::{shares, sum};

    #[test]
    fn any_number_of_threads_reads_every_word_once() {
        let words: Vec<u64> = (0..1000).map(|n| n * n).collect();
        let slices = [&words[..333], &[], &words[333..350], &words[350..]];
        let all: u64 = words.iter().sum();
        for threads in 1..9 {
            assert_eq!(sum(&slices, threads), all);
            let parts = shares(&slices, threads);
            assert_eq!(parts.len(), threads);
            assert!(parts.concat().concat() == words);
        }
        assert_eq!(sum(&[], 2), 0);
    }
}
