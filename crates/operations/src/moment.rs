//! Times as people type them. Each reader says what can be written instead, because the
//! library's own words speak to programmers.

use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use lampfield_board::WallTime;

/// A length of time with its unit. `M`, which is a month to some programs and minutes to others, is no unit here.
///
/// # Errors
/// Says what can be written instead.
pub fn duration(typed: &str) -> Result<Duration, String> {
    let mut units = typed.split(|c: char| !c.is_ascii_alphabetic());
    if units.any(|unit| unit == "M") {
        let (month, minutes) = (typed.replace('M', "month"), typed.replace('M', "min"));
        return Err(format!("M may mean months or minutes: write {month} or {minutes}"));
    }
    let wanted = "write a number and its unit: 10s, 5min, 1h, 7days";
    humantime::parse_duration(typed).map_err(|_| wanted.to_owned())
}

/// A duration longer than nothing.
pub fn some_time(typed: &str) -> Result<Duration, String> {
    match duration(typed)? {
        time if !time.is_zero() => Ok(time),
        _ => Err("it must be longer than zero, such as 10s".to_owned()),
    }
}

/// A moment: of today, so long ago, or in full.
pub fn moment(typed: &str) -> Result<WallTime, String> {
    let now = Zoned::now();
    read(typed, &now).ok_or("write 14:03, -10m or 2026-11-21T14:03:00Z".to_owned())
}

/// How far to look back: so long, or to a moment.
pub fn since(typed: &str) -> Result<WallTime, String> {
    let now = Zoned::now();
    if typed.ends_with('M') {
        duration(typed)?;
    }
    let back = duration(typed).ok().and_then(|back| before(&now, back));
    back.or_else(|| read(typed, &now))
        .ok_or("write how far back, or a start time: 10m, 2h, 14:03".to_owned())
}

fn read(typed: &str, now: &Zoned) -> Option<WallTime> {
    if let Some(back) = typed.strip_prefix('-') {
        return before(now, duration(back).ok()?);
    }
    if let Ok(exact) = typed.parse::<Timestamp>() {
        return wall(exact);
    }
    let zone = TimeZone::system();
    // As `why` and `history` print it where a time of day was typed.
    let printed = typed.split_once(" yesterday, ").map(|(time, date)| format!("{date} {time}"));
    if let Ok(date) = printed.as_deref().unwrap_or(typed).parse::<DateTime>() {
        return wall(date.to_zoned(zone).ok()?.timestamp());
    }
    let time: Time = typed.parse().ok()?;
    let today = now.date().to_datetime(time).to_zoned(zone.clone()).ok()?;
    // Nobody asks about what is still to come: the same time of yesterday is meant.
    let meant = match today > *now {
        true => now.date().yesterday().ok()?.to_datetime(time).to_zoned(zone).ok()?,
        false => today,
    };
    wall(meant.timestamp())
}

fn before(now: &Zoned, back: Duration) -> Option<WallTime> {
    let now = u64::try_from(now.timestamp().as_millisecond()).ok()?;
    Some(WallTime::from_millis(now.checked_sub(u64::try_from(back.as_millis()).ok()?)?))
}

fn wall(moment: Timestamp) -> Option<WallTime> {
    u64::try_from(moment.as_millisecond()).ok().map(WallTime::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{clock, day_clock, precise_clock};

    fn at(typed: &str, now: &str) -> Option<u64> {
        let now: Timestamp = now.parse().expect("a moment");
        read(typed, &now.to_zoned(TimeZone::system())).map(WallTime::millis)
    }

    fn millis(moment: &str) -> Option<u64> {
        let moment: Timestamp = moment.parse().expect("a moment");
        u64::try_from(moment.as_millisecond()).ok()
    }

    #[test]
    fn moments_are_read_as_people_say_them() {
        let now = "2026-11-21T12:00:00Z";
        assert_eq!(at("-10m", now), millis("2026-11-21T11:50:00Z"));
        assert_eq!(at("2026-11-21T11:03:00Z", now), millis("2026-11-21T11:03:00Z"));
        for wrong in ["", "noon", "25:00", "-", "-10", "10m", "-99999999999y"] {
            assert_eq!(at(wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn moments_are_read_as_they_are_printed() {
        let now = Zoned::now();
        let ago = |hours: i64| now.checked_sub(jiff::Span::new().hours(hours)).expect("a past");
        for moment in [0, 1, 5, 23, 25, 47, 49, 5_000].map(ago) {
            let written = moment.timestamp().to_string();
            for printed in [clock(&written), day_clock(&written), precise_clock(&written), written]
            {
                let read = read(&printed, &now).map(|read| read.millis() / 1_000);
                let meant = u64::try_from(moment.timestamp().as_second()).ok();
                assert_eq!(read, meant, "{printed}");
            }
        }
    }

    #[test]
    fn a_month_is_not_taken_for_a_minute() {
        for typed in ["1M", "2h 1M", "1M 10s"] {
            let refused = duration(typed).expect_err("a month, or a minute?");
            assert!(refused.contains("1month") && refused.contains("1min"), "{refused}");
        }
        assert_eq!(duration("1min"), Ok(Duration::from_mins(1)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert!(duration("1month").is_ok_and(|month| month > Duration::from_hours(24 * 28)));
        assert!(since("1M").is_err_and(|refused| refused.contains("1month")));
    }

    #[test]
    fn a_time_of_day_is_the_latest_that_has_been() {
        let now = Timestamp::from_second(1_795_262_400).expect("a moment");
        let now = now.to_zoned(TimeZone::system());
        let earlier = now.checked_sub(jiff::Span::new().hours(1)).expect("an hour ago");
        let later = now.checked_add(jiff::Span::new().hours(1)).expect("in an hour");
        let typed = |of: &Zoned| of.strftime("%H:%M").to_string();
        let read = |of: &Zoned| read(&typed(of), &now).expect("a moment").millis();
        let now_millis = u64::try_from(now.timestamp().as_millisecond()).expect("after 1970");
        assert!((now_millis - 3_700_000..now_millis).contains(&read(&earlier)));
        assert!((now_millis - 86_400_000..now_millis - 80_000_000).contains(&read(&later)));
    }
}
