//! Times and ages as people say them. Local time, because the person compares it with a wall clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment as local time: only the time of day for today, with the date otherwise.
pub fn clock(rfc3339: &str) -> String {
    clock_with(rfc3339, "%H:%M:%S")
}

/// The same where somebody has typed a time of day, which may have been yesterday's.
pub fn day_clock(rfc3339: &str) -> String {
    let local = rfc3339.parse::<Timestamp>().map(|moment| moment.to_zoned(TimeZone::system()));
    let yesterday = Timestamp::now().to_zoned(TimeZone::system()).date().yesterday().ok();
    match local {
        Ok(local) if yesterday == Some(local.date()) => {
            local.strftime("%H:%M:%S yesterday, %Y-%m-%d").to_string()
        }
        _ => clock(rfc3339),
    }
}

/// A sentence with its moments as local time. What the server says in words holds them in UTC, because nobody knows
/// where it is read.
pub fn local(sentence: &str) -> String {
    let words = sentence.split_inclusive(' ').map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_moment = bare.ends_with('Z') && bare.parse::<Timestamp>().is_ok();
        if is_moment { word.replace(bare, &clock(bare)) } else { word.to_owned() }
    });
    words.collect()
}

/// The same with milliseconds.
pub fn precise_clock(rfc3339: &str) -> String {
    clock_with(rfc3339, "%H:%M:%S%.3f")
}

fn clock_with(rfc3339: &str, of_today: &str) -> String {
    let Ok(moment) = rfc3339.parse::<Timestamp>() else { return rfc3339.to_owned() };
    let local = moment.to_zoned(TimeZone::system());
    let today = Timestamp::now().to_zoned(TimeZone::system()).date();
    match local.date() == today {
        true => local.strftime(of_today).to_string(),
        false => local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// Seconds from a moment until now; none if it is not a moment, or lies ahead.
pub fn seconds_since(rfc3339: &str) -> Option<f64> {
    let moment = rfc3339.parse::<Timestamp>().ok()?;
    let seconds = Timestamp::now().duration_since(moment).as_secs_f64();
    (seconds >= 0.0).then_some(seconds)
}

/// Seconds from now until a moment; none if it is not a moment, or has been.
pub fn seconds_until(rfc3339: &str) -> Option<f64> {
    let moment = rfc3339.parse::<Timestamp>().ok()?;
    let seconds = moment.duration_since(Timestamp::now()).as_secs_f64();
    (seconds >= 0.0).then_some(seconds)
}

/// Seconds as the two largest units: `0.4 s`, `6m29s`, `2h51m`, `12d4h`.
pub fn age(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    // Negative and unending ages do not come here; the cast saturates.
    let whole = seconds as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match (days, hours) {
        (0, 0) => format!("{minutes}m{}s", whole % 60),
        (0, _) => format!("{hours}h{}m", minutes % 60),
        (_, _) => format!("{days}d{}h", hours % 24),
    }
}

/// What is left of a time, behind a word: `, 6.0 s left`; nothing when nothing is.
pub fn left(seconds: Option<f64>) -> String {
    match seconds {
        Some(seconds) if seconds > 0.0 => format!(", {} left", age(seconds)),
        _ => String::new(),
    }
}

/// So many of something that is counted: `1 fact`, `1,790 facts`. Takes the word for one; the plurals are `facts`,
/// `entries`, `days` and `PBXs`.
pub fn counted(number: u64, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o']) => {
            format!("{} {stem}ies", count(number))
        }
        (_, _) => format!("{} {one}s", count(number)),
    }
}

/// A count with commas between thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units() {
        assert_eq!(age(0.44), "0.4 s");
        assert_eq!(age(389.9), "6m29s");
        assert_eq!(age(10_260.0), "2h51m");
        assert_eq!(age(1_051_200.0), "12d4h");
    }

    #[test]
    fn one_is_one_and_more_are_many() {
        let shown = [counted(1, "account"), counted(0, "fact"), counted(4_812, "entry")];
        assert_eq!(shown.join(" "), "1 account 0 facts 4,812 entries");
        assert_eq!(counted(2, "day"), "2 days");
    }

    #[test]
    fn sentences_have_their_moments_in_local_time() {
        let moment = "2020-03-01T12:00:00.000Z";
        let sentence = format!("away since {moment}, or ({moment}); not 12:00Z");
        let shown = clock(moment);
        assert_eq!(local(&sentence), format!("away since {shown}, or ({shown}); not 12:00Z"));
        assert_eq!(local("pbx-1@a.example  waits"), "pbx-1@a.example  waits");
    }

    #[test]
    fn a_moment_of_yesterday_is_called_so() {
        let now = Timestamp::now().to_zoned(TimeZone::system());
        let before = now.checked_sub(jiff::Span::new().days(1)).expect("yesterday").timestamp();
        let shown = day_clock(&before.to_string());
        assert!(shown.contains(" yesterday, 20"), "{shown}");
        assert_eq!(day_clock("2020-03-01T12:00:00Z"), clock("2020-03-01T12:00:00Z"));
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!(
            [count(7), count(790), count(4812), count(1_000_000)].join(" "),
            "7 790 4,812 1,000,000"
        );
    }
}
