//! Durations that leave the program as a JSON number of seconds.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// A [`Duration`] that is written as seconds. Nanoseconds are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub Duration);

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_survive_the_round_trip() {
        for nanos in [0, 1, 20_000, 1_000_000_001, 3_599_999_999_999] {
            let seconds = Seconds(Duration::from_nanos(nanos));
            let json = serde_json::to_string(&seconds).unwrap();
            assert_eq!(
                serde_json::from_str::<Seconds>(&json).unwrap(),
                seconds,
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["-1", "1e300", "\"1s\""] {
            assert!(serde_json::from_str::<Seconds>(bad).is_err(), "{bad}");
        }
    }
}
