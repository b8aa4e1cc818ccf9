//! How a channel is used.

use std::time::Duration;

/// How a channel is used. The defaults are those of a webhook: each notice on its own, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeSettings {
    /// From one look to the next: 1 s.
    pub interval: Duration,
    /// How long a message may wait for a device to take it before its reader counts as away: 5 s.
    pub delay: Duration,
    /// How long to gather what waits before it is told: not at all.
    pub gather: Duration,
    /// For how long somebody who was told is left in peace: not at all.
    pub quiet: Duration,
    /// How many changed logs one read takes: 500.
    pub page: usize,
    /// How many conversations may be waited for at once; while there are so many, no more are read: 50,000.
    pub watched: usize,
    /// How many conversations one notice tells of: 50. The others follow with the next.
    pub conversations: usize,
    /// How many notices a process hands out at once: 8.
    pub concurrency: usize,
    /// How long the channel may take for one: 15 s.
    pub deadline: Duration,
    /// How long after its first failure a notice is tried again: 5 s. After each further one twice as long.
    pub retry_first: Duration,
    /// The longest that a notice waits for another try: 4 h.
    pub retry_most: Duration,
    /// How often a notice is tried before it is given up: 30 times.
    pub tries: u32,
    /// How long a notice is tried before it is given up: 3 days.
    pub give_up: Duration,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            delay: Duration::from_secs(5),
            gather: Duration::ZERO,
            quiet: Duration::ZERO,
            page: 500,
            watched: 50_000,
            conversations: 50,
            concurrency: 8,
            deadline: Duration::from_secs(15),
            retry_first: Duration::from_secs(5),
            retry_most: Duration::from_hours(4),
            tries: 30,
            give_up: Duration::from_hours(72),
        }
    }
}

impl NoticeSettings {
    /// Those of a digest: what waited for 15 min, at most once in 12 h.
    #[must_use]
    pub fn digest() -> Self {
        Self {
            gather: Duration::from_mins(15),
            quiet: Duration::from_hours(12),
            concurrency: 2,
            deadline: Duration::from_secs(30),
            ..Self::default()
        }
    }

    /// How long a taken notice belongs to who took it: longer than all that is done with it may take.
    pub(super) fn hold(&self) -> Duration {
        self.deadline.saturating_add(Duration::from_secs(45))
    }

    /// How long to wait after the `tries`th try in vain, without jitter.
    pub(super) fn backoff(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.retry_first.saturating_mul(doubled).min(self.retry_most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_in_vain_waits_twice_as_long_each_time_up_to_the_most() {
        let settings = NoticeSettings::default();
        let seconds: Vec<_> = (1..=13).map(|tries| settings.backoff(tries).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 14_400]);
        assert_eq!(settings.backoff(u32::MAX), Duration::from_hours(4));
    }

    #[test]
    fn by_default_tries_last_about_as_long_as_a_notice_is_tried() {
        let settings = NoticeSettings::default();
        let all: Duration = (1..settings.tries).map(|tries| settings.backoff(tries)).sum();
        assert!(all > settings.give_up && all < settings.give_up + Duration::from_hours(12), "{all:?}");
    }
}
