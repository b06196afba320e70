//! Round numbers for a scale.

/// A place on a scale and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// Between these, numbers are written without a power of ten.
const SMALL: f64 = 1e-3;
const LARGE: f64 = 1e5;
/// More than any bar asks for.
const TICKS_MAX: usize = 16;

/// About `most` (at least 2) round numbers from `low` to `high`, in steps of 1, 2 or 5 times a
/// power of ten: at least two, at most one more than asked for, and five where only finer steps
/// give two.
pub(super) fn ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let widest = (high - low) / most.max(2) as f64;
    // A step of half the range always gives two, and a quarter of `widest` rounds to no more.
    let attempts = [1.0, 2.0, 4.0].map(|finer| multiples(low, high, step(widest / finer)));
    attempts.into_iter().find(|found| found.len() >= 2).unwrap_or_default()
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<Tick> {
    let largest = low.abs().max(high.abs());
    let mut found = Vec::new();
    let mut count = (low / step).ceil();
    while count <= (high / step).floor() && found.len() < TICKS_MAX {
        // Adding 0 makes no zero negative.
        let value = count * step + 0.0;
        found.push(Tick { value, label: label(value, step, largest) });
        count += 1.0;
    }
    found
}

/// The smallest round step that is not below `least`.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    // A part in a million, so that a step that is met does not become the next one by rounding.
    let found = steps.into_iter().find(|step| *step >= least * (1.0 - 1e-6));
    found.unwrap_or(power * 10.0)
}

fn label(value: f64, step: f64, largest: f64) -> String {
    let digits = |number: f64| super::round::index(number, 9);
    let step_power = (step * (1.0 + 1e-9)).log10().floor();
    if value == 0.0 {
        return "0".to_owned();
    }
    if (SMALL..LARGE).contains(&largest) {
        let decimals = digits(-step_power);
        format!("{value:.decimals$}")
    } else {
        let decimals = digits((value.abs() * (1.0 + 1e-9)).log10().floor() - step_power);
        format!("{value:.decimals$e}")
    }
}
