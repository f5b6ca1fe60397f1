//! Times as recordings write them: a count since 1970 in some unit, or ISO 8601.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::core::Time;

use super::number::{Number, quoted};

/// How a file writes its times. One file writes all of them alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Iso8601,
}

/// A count below this is no absolute time: as seconds it lies before April 1973.
const LEAST: i64 = 100_000_000;
/// From one unit to the next a count of the same time grows a thousandfold.
const MILLISECONDS_FROM: i64 = LEAST * 1_000;
const MICROSECONDS_FROM: i64 = LEAST * 1_000_000;
const NANOSECONDS_FROM: i64 = LEAST * 1_000_000_000;

/// Reads a time and how it is written. A time without a zone is UTC; parts of a millisecond are cut.
///
/// # Errors
/// What was found instead.
pub(super) fn parse(text: &str) -> Result<(Time, Form), String> {
    if text.as_bytes().get(4) == Some(&b'-') {
        return iso8601(text)
            .map(|time| (time, Form::Iso8601))
            .ok_or_else(|| strange(text));
    }
    let number = Number::parse(text).map_err(|_| strange(text))?;
    let unit = 10i64.pow(u32::from(number.scale.min(18)));
    let count = number.mantissa / unit;
    let (form, per_second) = match count {
        NANOSECONDS_FROM.. => (Form::Nanoseconds, 1_000_000_000),
        MICROSECONDS_FROM.. => (Form::Microseconds, 1_000_000),
        MILLISECONDS_FROM.. => (Form::Milliseconds, 1_000),
        LEAST.. => (Form::Seconds, 1),
        _ => {
            return Err(format!(
                "{text:.40} is not an absolute time: the day is missing, as in milliseconds since midnight"
            ));
        }
    };
    let ms = i128::from(number.mantissa) * 1_000 / (i128::from(unit) * per_second);
    Ok((Time(ms as i64), form))
}

/// The time that a whole number counts, in the unit its size tells; none for what is no absolute time.
pub(super) fn counted(count: i64) -> Option<(Time, Form)> {
    Some(match count {
        NANOSECONDS_FROM.. => (Time(count / 1_000_000), Form::Nanoseconds),
        MICROSECONDS_FROM.. => (Time(count / 1_000), Form::Microseconds),
        MILLISECONDS_FROM.. => (Time(count), Form::Milliseconds),
        LEAST.. => (Time(count * 1_000), Form::Seconds),
        _ => return None,
    })
}

fn strange(text: &str) -> String {
    format!(
        "{} is not a time: seconds, ms, µs or ns since 1970, or ISO 8601, are expected",
        quoted(text)
    )
}

/// `2023-03-01`, `2023-03-01 00:00:00.000+00:00`, `2023-03-01T00:00Z`.
fn iso8601(text: &str) -> Option<Time> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::from_ymd_opt(
        digits(date, 0, 4)? as i32,
        digits(date, 5, 7)?,
        digits(date, 8, 10)?,
    )
    .filter(|_| date.as_bytes()[7] == b'-')?;
    let Some(rest) = rest.strip_prefix(['T', ' ']) else {
        return rest.is_empty().then(|| at(date.and_time(NaiveTime::MIN)));
    };
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let seconds = if clock.len() > 5 {
        digits(clock, 6, 8).filter(|_| clock.as_bytes()[5] == b':')?
    } else {
        0
    };
    let ms = match clock.get(8..).unwrap_or("") {
        "" => 0,
        fraction => {
            let fraction = fraction.strip_prefix('.')?;
            let whole = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
            let kept = fraction.len().min(3);
            whole.then_some(())?;
            digits(fraction, 0, kept)? * 10u32.pow(3 - kept as u32)
        }
    };
    let hour = digits(clock, 0, 2).filter(|_| clock.as_bytes().get(2) == Some(&b':'))?;
    let time = NaiveTime::from_hms_milli_opt(hour, digits(clock, 3, 5)?, seconds, ms)?;
    Some(at(date.and_time(time)) + -zone_ms(zone)?)
}

fn zone_ms(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z') => return (zone.len() <= 1).then_some(0),
        Some(b'+') => 1,
        Some(_) => -1,
    };
    let (hours, minutes) = match zone.len() {
        3 => (digits(zone, 1, 3)?, 0),
        5 => (digits(zone, 1, 3)?, digits(zone, 3, 5)?),
        6 if zone.as_bytes()[3] == b':' => (digits(zone, 1, 3)?, digits(zone, 4, 6)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes) * 60_000)
}

fn digits(text: &str, from: usize, to: usize) -> Option<u32> {
    let part = text.as_bytes().get(from..to)?;
    part.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

fn at(time: NaiveDateTime) -> Time {
    Time(time.and_utc().timestamp_millis())
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
            Self::Iso8601 => "ISO 8601",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_time_is_told_apart() {
        let expected = Time(1_677_628_860_000);
        for (text, form) in [
            ("1677628860", Form::Seconds),
            ("1677628860.0004", Form::Seconds),
            ("1677628860000", Form::Milliseconds),
            ("1677628860000000", Form::Microseconds),
            ("1677628860000000000", Form::Nanoseconds),
            ("2023-03-01 00:01:00+00:00", Form::Iso8601),
            ("2023-03-01T00:01:00.000Z", Form::Iso8601),
            ("2023-03-01 00:01:00.000000", Form::Iso8601),
            ("2023-03-01T00:01", Form::Iso8601),
            ("2023-03-01T05:31:00.0+05:30", Form::Iso8601),
            ("2023-02-28T19:01:00-0500", Form::Iso8601),
        ] {
            assert_eq!(parse(text), Ok((expected, form)), "{text}");
        }
        assert_eq!(parse("2023-03-01").unwrap().0, Time(1_677_628_800_000));
        assert_eq!(parse("1561939203.172").unwrap().0, Time(1_561_939_203_172));
    }

    #[test]
    fn what_is_no_absolute_time_is_refused() {
        for text in ["0", "60000", "86340000", "-1677628860"] {
            let found = parse(text).unwrap_err();
            assert!(found.contains("not an absolute time"), "{text}: {found}");
        }
        for text in [
            "",
            "x",
            "2023-13-01",
            "2023-03-01T25:00:00Z",
            "2023-03-01T00:00:00.Z",
            "2023-03-01T00:00:00+1",
            "2023-03-01T00:00:00Zulu",
            "2023-03-01 ",
            "2023-0é-01",
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains("is not a time"), "{text}: {found}");
        }
    }
}
