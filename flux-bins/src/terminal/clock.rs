//! Moments, as people read them.

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// How far the clocks on the wall are ahead of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Zone {
    minutes: i64,
}

impl Zone {
    /// Of this machine, now. The rules of zones are the operating system's, so it is asked; where it does not answer,
    /// UTC it is.
    pub(crate) fn local() -> Self {
        let asked = std::process::Command::new("date").arg("+%z").output().ok();
        asked.and_then(|said| Self::parse(String::from_utf8(said.stdout).ok()?.trim())).unwrap_or_default()
    }

    /// Reads `+0530`.
    fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.split_at_checked(1)?;
        let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
        let minutes =
            hours.parse::<u8>().ok().map(i64::from)? * 60 + minutes.parse::<u8>().ok().map(i64::from)?;
        match sign {
            "+" => Some(Self { minutes }),
            "-" => Some(Self { minutes: -minutes }),
            _ => None,
        }
    }

    /// Hours and minutes of the day.
    pub(crate) fn time(self, unix_ms: i64) -> String {
        time(unix_ms + self.minutes * 60_000)
    }
}

/// Hours and minutes of the day, UTC.
fn time(unix_ms: i64) -> String {
    let minutes = unix_ms.rem_euclid(DAY) / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The date, and the time to the second, UTC.
pub(crate) fn date_and_time(unix_ms: i64) -> String {
    let (year, month, day) = civil(unix_ms.div_euclid(DAY));
    let seconds = unix_ms.rem_euclid(DAY) / 1_000;
    format!("{year}-{month:02}-{day:02} {}:{:02}Z", time(unix_ms), seconds % 60)
}

/// The date, UTC.
pub(crate) fn date(unix_ms: i64) -> String {
    let (year, month, day) = civil(unix_ms.div_euclid(DAY));
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar: years begin in March here, so that the day
/// that comes every four years is the last one.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_date_writes_them() {
        assert_eq!(Zone::parse("+0530"), Some(Zone { minutes: 330 }));
        assert_eq!(Zone::parse("-0800"), Some(Zone { minutes: -480 }));
        for bad in ["", "+", "0530", "+05:30", "+ab00", "UTC", "+é00"] {
            assert_eq!(Zone::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments_read_as_the_calendar_has_them() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_399_000, "2000-02-28 23:59:59Z"),
            (951_782_400_000, "2000-02-29 00:00:00Z"),
            (1_709_251_199_999, "2024-02-29 23:59:59Z"),
            (1_735_689_600_000, "2025-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59:59Z"),
        ] {
            assert_eq!(date_and_time(ms), text);
        }
        assert_eq!(time(1_735_689_600_000 + 3_660_000), "01:01");
        assert_eq!(Zone { minutes: 330 }.time(1_735_689_600_000), "05:30");
        assert_eq!(date(1_735_689_600_000), "2025-01-01");
    }
}
