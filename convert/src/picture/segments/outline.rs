//! Borders of what is inside.

/// The pixels inside that have a pixel outside at one of their four sides. Beyond the picture is inside, so that
/// a segment that is cut off has no line there.
pub(super) fn edges(inside: &[bool], width: usize) -> Vec<bool> {
    let rows: Vec<&[bool]> = inside.chunks_exact(width).collect();
    let mut out = Vec::with_capacity(inside.len());
    for (y, row) in rows.iter().enumerate() {
        let beside = |number: Option<usize>| number.and_then(|n| rows.get(n)).unwrap_or(row);
        let (above, below) = (beside(y.checked_sub(1)), beside(y.checked_add(1)));
        for (x, here) in row.iter().enumerate() {
            let side = |x: Option<usize>| x.and_then(|x| row.get(x)).unwrap_or(here);
            let lines = [above, below].map(|row| row.get(x).unwrap_or(here));
            let sides = [side(x.checked_sub(1)), side(x.checked_add(1))];
            out.push(*here && lines.into_iter().chain(sides).any(|inside| !*inside));
        }
    }
    out
}
