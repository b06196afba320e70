//! Times as texts, the way programs write them into attributes.

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 of `2025-06-09 12:00:00`, with `T` for the space, a fraction, and `Z` or an offset
/// if it likes; UTC where it names none. `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let mut date = date.split('-');
    let mut next = || date.next()?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let clock = rest.strip_prefix(['T', ' ']).unwrap_or(rest);
    let (clock, offset) = match clock.rfind(['Z', '+', '-']) {
        Some(at) => clock.split_at_checked(at)?,
        None => (clock, ""),
    };
    let millis = if clock.is_empty() { 0 } else { clock_ms(clock)? };
    let days = days_before(year, month)?.checked_add(day)?.checked_sub(1)?;
    let all = days.checked_mul(DAY_MS)?.checked_add(millis)?.checked_sub(offset_ms(offset)?)?;
    u64::try_from(all).ok()
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`.
fn clock_ms(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let second: i64 = parts.next().map_or(Ok(0), str::parse).ok()?;
    let inside = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !inside || parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    seconds.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)
}

/// `Z`, nothing, `+hh:mm` or `+hhmm`.
fn offset_ms(text: &str) -> Option<i64> {
    let sign = match text.chars().next() {
        None | Some('Z') => return (text.len() <= 1).then_some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    let all = hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes)?;
    all.checked_mul(60_000)?.checked_mul(sign)
}

/// Days from 1970 to the first of a month, by the Gregorian calendar.
fn days_before(year: i64, month: i64) -> Option<i64> {
    const MONTHS: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: i64| {
        let (fours, hundreds, rest) =
            (year.checked_div(4)?, year.checked_div(100)?, year.checked_div(400)?);
        fours.checked_sub(hundreds)?.checked_add(rest)
    };
    let last = year.checked_sub(1)?;
    let past = leaps(last)?.checked_sub(leaps(1969)?)?;
    let place = usize::try_from(month.checked_sub(1)?).ok()?;
    let is_leap = leaps(year)? > leaps(last)?;
    let today = MONTHS.get(place)?.checked_add(i64::from(is_leap && month > 2))?;
    year.checked_sub(1970)?.checked_mul(365)?.checked_add(past)?.checked_add(today)
}

/// The time as `2025-06-09 12:00:00`, UTC.
pub(crate) fn text(ms: u64) -> String {
    let (mut days, rest) = (ms / 86_400_000, ms % 86_400_000 / 1000);
    let mut year = 1970_u64;
    let is_leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    while days >= 365_u64.saturating_add(u64::from(is_leap(year))) {
        days = days.saturating_sub(365_u64.saturating_add(u64::from(is_leap(year))));
        year = year.saturating_add(1);
    }
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days = days.saturating_sub(length);
        month = u64::saturating_add(month, 1);
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let day = days.saturating_add(1);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn times_are_read_and_written() {
        for (given, ms) in [
            ("1970-01-01 00:00:00", 0),
            ("2025-06-09 12:00:00", 1_749_470_400_000),
            ("2025-06-09T12:00:00.25", 1_749_470_400_250),
            ("2025-06-09T14:00:00+02:00", 1_749_470_400_000),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000),
            ("2000-03-01", 951_868_800_000),
        ] {
            assert_eq!(parse(given), Some(ms), "{given}");
            assert_eq!(parse(&text(ms)), Some(ms / 1000 * 1000));
        }
        for bad in ["", "yesterday", "2025-13-01", "2025-06-09 25:00", "1969-01-01", "2025-06-09T1"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
        for day in 0..40_000_u64 {
            assert_eq!(parse(&text(day * 86_400_000)), Some(day * 86_400_000));
        }
    }
}
