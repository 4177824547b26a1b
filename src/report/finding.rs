//! What the numbers show, and how it is written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that the numbers of one strategy show. Displayed, it is a sentence or two: the strategy,
/// what it showed, and what to take away from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "InJson", into = "InJson")]
pub struct Finding {
    /// Whose numbers. Empty in a report of an earlier version, whose `text` begins with it.
    pub strategy: String,
    /// For scripts: `overlapped`, `loop_blocked`, `inconclusive` …
    pub kind: String,
    /// What they show, with the figures.
    pub text: String,
    /// What to take away from it, said once a report.
    pub takeaway: Option<String>,
    /// The figures that decide, for a cell of a table.
    pub short: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.strategy.is_empty() {
            write!(f, "{}: ", self.strategy)?;
        }
        f.write_str(&self.text)?;
        match &self.takeaway {
            Some(takeaway) => write!(f, " {takeaway}"),
            None => Ok(()),
        }
    }
}

/// A finding in JSON. Its `text` is the whole of it, as it was before its parts were written, too.
#[derive(Serialize, Deserialize)]
struct InJson {
    kind: String,
    text: String,
    #[serde(flatten)]
    parts: Option<Parts>,
}

#[derive(Serialize, Deserialize)]
struct Parts {
    strategy: String,
    sentence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    takeaway: Option<String>,
    short: String,
}

impl From<Finding> for InJson {
    fn from(finding: Finding) -> Self {
        let text = finding.to_string();
        let parts = Parts {
            strategy: finding.strategy,
            sentence: finding.text,
            takeaway: finding.takeaway,
            short: finding.short,
        };
        Self {
            kind: finding.kind,
            text,
            parts: (!parts.strategy.is_empty()).then_some(parts),
        }
    }
}

impl From<InJson> for Finding {
    fn from(InJson { kind, text, parts }: InJson) -> Self {
        match parts {
            Some(parts) => Self {
                strategy: parts.strategy,
                kind,
                text: parts.sentence,
                takeaway: parts.takeaway,
                short: parts.short,
            },
            None => Self {
                strategy: String::new(),
                kind,
                short: text.clone(),
                text,
                takeaway: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_has_the_whole_text() {
        let finding = Finding {
            strategy: "join".to_owned(),
            kind: "overlapped".to_owned(),
            text: "the waits overlapped.".to_owned(),
            takeaway: Some("Waiting needs no thread.".to_owned()),
            short: "3 s of waiting took 2 s".to_owned(),
        };
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(
            json["text"],
            "join: the waits overlapped. Waiting needs no thread."
        );
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), finding);
        let told = Finding {
            takeaway: None,
            ..finding
        };
        let json = serde_json::to_value(&told).unwrap();
        assert_eq!(json.get("takeaway"), None);
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), told);
    }

    #[test]
    fn a_finding_of_an_earlier_version_is_displayed_as_it_was() {
        let json = serde_json::json!({ "kind": "overlapped", "text": "join: it overlapped." });
        let finding: Finding = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(finding.to_string(), "join: it overlapped.");
        assert_eq!(serde_json::to_value(&finding).unwrap(), json);
    }
}
