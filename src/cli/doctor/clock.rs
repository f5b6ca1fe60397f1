//! The clock: whether it is set, runs as fast as time passes, and is kept right by somebody.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Finding;

const CLOCK: &str = "clock";
const NTP: &str = "time service";

/// How long the two clocks are compared.
const SPAN: Duration = Duration::from_millis(100);
/// How far they may come apart meanwhile: a wall clock that is slewed differs by half a thousandth.
const APART: Duration = Duration::from_millis(20);
/// No wall clock that is set shows a time before this version was made: 2025, in seconds.
const MADE: u64 = 1_735_689_600;
/// Where systemd's own time service says that it has set the clock.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";

pub(super) fn look() -> Vec<Finding> {
    let (wall, monotonic) = (SystemTime::now(), Instant::now());
    std::thread::sleep(SPAN);
    let passed = (wall.elapsed().unwrap_or_default(), monotonic.elapsed());
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    vec![compared(since, passed), service(synchronised())]
}

fn compared(since_epoch: Duration, (wall, monotonic): (Duration, Duration)) -> Finding {
    if since_epoch.as_secs() < MADE {
        return Finding::fail(
            CLOCK,
            "the wall clock is not set",
            "set it: `timedatectl set-ntp true`",
        );
    }
    let apart = wall.abs_diff(monotonic);
    if apart > APART {
        return Finding::warn(
            CLOCK,
            format!(
                "the wall clock moved {} ms against time itself",
                apart.as_millis()
            ),
            "somebody sets it in steps: a time service that slews does not",
        );
    }
    Finding::ok(CLOCK, "set, and as fast as time passes")
}

/// Whether a time service keeps the clock; none where the system does not say.
fn synchronised() -> Option<bool> {
    if Path::new(TIMESYNCD).exists() {
        return Some(true);
    }
    let said = Command::new("timedatectl")
        .args(["show", "-p", "NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    match String::from_utf8_lossy(&said.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn service(synchronised: Option<bool>) -> Finding {
    match synchronised {
        Some(true) => Finding::ok(NTP, "the clock is synchronised"),
        Some(false) => Finding::warn(
            NTP,
            "the clock is not synchronised",
            "`timedatectl set-ntp true`, or chrony; limits of a day and approvals go by this clock",
        ),
        None => Finding::ok(
            NTP,
            "the system does not say whether the clock is synchronised",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_clock_that_is_not_set_fails_and_one_that_jumps_is_told() {
        let ms = Duration::from_millis;
        let now = Duration::from_secs(MADE + 1);
        for (since, wall, monotonic, expected) in [
            (now, ms(100), ms(101), Verdict::Ok),
            (now, ms(0), ms(100), Verdict::Warn),
            (now, ms(4_000), ms(100), Verdict::Warn),
            (ms(0), ms(100), ms(100), Verdict::Fail),
        ] {
            assert_eq!(compared(since, (wall, monotonic)).status, expected);
        }
        assert_eq!(service(Some(false)).status, Verdict::Warn);
        assert_eq!(service(None).status, Verdict::Ok);
    }
}
