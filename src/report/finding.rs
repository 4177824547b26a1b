//! What the numbers show, and how it is written.

use serde::{Deserialize, Serialize};

/// Something that the numbers of one strategy show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// For scripts: `overlapped`, `loop_blocked`, `inconclusive` …
    pub kind: String,
    /// The whole of it, in a sentence or two: the strategy, what it showed, and what to take away from it.
    pub text: String,
    /// Whose numbers. A report of an earlier version has neither this nor what follows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub strategy: String,
    /// In which language it ran, where that is not Rust: `python`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What they show, with the figures.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// What to take away from it, said once a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeaway: Option<String>,
    /// The figures that decide, for a cell of a table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub short: String,
}

/// The kind of a finding whose figures neither bear a claim out nor refute it.
pub const INCONCLUSIVE: &str = "inconclusive";

/// The kinds beside which no ratio stands: they say that nothing was gained, or that it cannot be told.
const NO_RATIO: [&str; 4] = [INCONCLUSIVE, "serialised", "no_gain", "no_difference"];

impl Finding {
    /// Whether "1.50× faster" beside it would say what it does not.
    pub fn allows_no_ratio(&self) -> bool {
        NO_RATIO.contains(&&*self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_of_an_earlier_version_is_written_as_it_was() {
        let json = serde_json::json!({ "kind": "overlapped", "text": "join: it overlapped." });
        let finding: Finding = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&finding).unwrap(), json);
    }
}
