//! A report that is read: what is wrong with it, and where.

use serde::de::DeserializeOwned;

use super::{Report, SCHEMA, Seconds, StrategyReport, Task};

/// Why something is no report that this program can show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is no JSON, or ends too early.
    #[error("line {line}, column {column}: {why}")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// In bytes, counted from 1.
        column: usize,
        /// In words.
        why: String,
    },
    /// It is JSON, and a field is not what a report has there.
    #[error("{field} (line {line}, column {column}): {why}")]
    Field {
        /// As in `strategies[0].wall_s[1]`.
        field: String,
        /// Counted from 1.
        line: usize,
        /// In bytes, counted from 1.
        column: usize,
        /// In words.
        why: String,
    },
    /// Each field is one, and yet they make no sense together.
    #[error("{field}: {why}")]
    Sense {
        /// As in `strategies[0].wall_s[1]`.
        field: String,
        /// In words.
        why: &'static str,
    },
    /// Another version than this program reads.
    #[error(
        "schema: it is `{found}`, and this program reads up to `{SCHEMA}`: a newer asyncdemo wrote it"
    )]
    Newer {
        /// What it says of itself.
        found: String,
    },
    /// No report at all.
    #[error("schema: expected `{SCHEMA}`, found {found}: it is no report of asyncdemo")]
    Unknown {
        /// What it says of itself.
        found: String,
    },
}

/// The little of a report that tells whether it is one.
#[derive(serde::Deserialize)]
struct SchemaOnly {
    #[serde(default)]
    schema: Option<serde_json::Value>,
}

/// Instants and durations beyond this were not measured: a hundred years.
const LONGEST: u64 = 100 * 366 * 24 * 3_600;

impl Report {
    /// Reads one, of this version or an earlier one: there the heartbeat was a task called so, and no task knew
    /// where it was tracked.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_json(json: &[u8]) -> Result<Self, ReportError> {
        let read = parsed::<Self>(json);
        let report = read.map_err(|error| schema_of(json).err().unwrap_or(error))?;
        report.sensible("")
    }

    /// Reads one, or the list of several that an export of the tour is.
    ///
    /// # Errors
    /// As [`Report::from_json`].
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Self>, ReportError> {
        let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'[') {
            return Ok(vec![Self::from_json(json)?]);
        }
        let reports = parsed::<Vec<Self>>(json)?;
        let each = reports.into_iter().enumerate();
        each.map(|(at, report)| report.sensible(&format!("[{at}].")))
            .collect()
    }

    /// Whether it makes sense, and then with what earlier versions had elsewhere in its place.
    fn sensible(mut self, prefix: &str) -> Result<Self, ReportError> {
        known(&self.schema)?;
        for (at, strategy) in self.strategies.iter().enumerate() {
            let told = |(field, why)| ReportError::Sense {
                field: format!("{prefix}strategies[{at}].{field}"),
                why,
            };
            strategy.sensible().map_err(told)?;
        }
        for strategy in &mut self.strategies {
            let heart = |task: &Task| task.label == "heartbeat" && task.location.is_none();
            if let Some(heartbeat) = &mut strategy.heartbeat
                && heartbeat.lane.is_none()
                && let Some(at) = strategy.tasks.iter().position(heart)
            {
                heartbeat.lane = Some(strategy.tasks.remove(at));
            }
        }
        self.withhold_ratios();
        Ok(self)
    }
}

fn parsed<T: DeserializeOwned>(json: &[u8]) -> Result<T, ReportError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader);
    let read = read.map_err(|error| {
        let (field, inner) = (error.path().to_string(), error.inner());
        let (line, column) = (inner.line(), inner.column());
        let place = format!(" at line {line} column {column}");
        let why = inner.to_string().replace(&place, "");
        match inner.classify() {
            serde_json::error::Category::Data if field != "." => ReportError::Field {
                field,
                line,
                column,
                why,
            },
            _ => ReportError::NotJson { line, column, why },
        }
    })?;
    reader.end().map_err(|inner| ReportError::NotJson {
        line: inner.line(),
        column: inner.column(),
        why: "something stands behind the report".to_owned(),
    })?;
    Ok(read)
}

/// What JSON that is no report says of its schema: a newer one is told before its fields are.
fn schema_of(json: &[u8]) -> Result<(), ReportError> {
    match serde_json::from_slice::<SchemaOnly>(json) {
        Ok(SchemaOnly {
            schema: Some(serde_json::Value::String(schema)),
        }) => known(&schema),
        Ok(SchemaOnly { schema }) => Err(ReportError::Unknown {
            found: schema.map_or_else(|| "nothing".to_owned(), |other| other.to_string()),
        }),
        Err(_) => Ok(()),
    }
}

fn known(schema: &str) -> Result<(), ReportError> {
    let version =
        |schema: &str| -> Option<u32> { schema.strip_prefix("asyncdemo.report/")?.parse().ok() };
    let found = schema.to_owned();
    match (version(schema), version(SCHEMA)) {
        (Some(found_version), Some(own)) if found_version > own => {
            Err(ReportError::Newer { found })
        }
        (Some(1..), _) => Ok(()),
        _ => Err(ReportError::Unknown {
            found: format!("`{found}`"),
        }),
    }
}

type Senseless = (String, &'static str);

impl StrategyReport {
    fn sensible(&self) -> Result<(), Senseless> {
        for (at, wall) in self.wall_s.iter().enumerate() {
            within(*wall, || format!("wall_s[{at}]"))?;
        }
        if let Some(ideal) = self.ideal_s {
            within(ideal, || "ideal_s".to_owned())?;
        }
        if self.runtime.workers == 0 {
            return Err(("runtime.workers".to_owned(), "no worker ran it"));
        }
        for (at, blocked) in self.blocked.iter().enumerate() {
            let field = |name: &str| format!("blocked[{at}].{name}");
            in_order(blocked.start_s, blocked.end_s, field)?;
        }
        if let Some(heartbeat) = &self.heartbeat {
            within(heartbeat.period_s, || "heartbeat.period_s".to_owned())?;
            within(heartbeat.max_gap_s, || "heartbeat.max_gap_s".to_owned())?;
            if let Some(lane) = &heartbeat.lane {
                lane.sensible()
                    .map_err(|(field, why)| (format!("heartbeat.lane.{field}"), why))?;
            }
        }
        for (name, lanes) in [("tasks", &self.tasks), ("closures", &self.closures)] {
            for (at, lane) in lanes.iter().enumerate() {
                let told = |(field, why)| (format!("{name}[{at}].{field}"), why);
                lane.sensible().map_err(told)?;
            }
        }
        let Some(rest) = &self.rest else {
            return Ok(());
        };
        if rest.count > MOST_TASKS {
            return Err(("rest.count".to_owned(), "no machine runs so many tasks"));
        }
        let mut before = Seconds::default();
        for (at, (when, _)) in rest.in_flight.iter().enumerate() {
            in_order(before, *when, |_| format!("rest.in_flight[{at}]"))?;
            before = *when;
        }
        Ok(())
    }
}

/// Numbers of tasks beyond this were not counted.
const MOST_TASKS: usize = 1_000_000_000;

impl Task {
    fn sensible(&self) -> Result<(), Senseless> {
        within(self.created_s, || "created_s".to_owned())?;
        within(self.end_s, || "end_s".to_owned())?;
        if let Some(start) = self.start_s {
            within(start, || "start_s".to_owned())?;
        }
        let mut before = Seconds::default();
        for (at, poll) in self.polls.iter().enumerate() {
            let field = |name: &str| format!("polls[{at}].{name}");
            in_order(before, poll.start_s, |_| field("start_s"))?;
            in_order(poll.start_s, poll.end_s, field)?;
            before = poll.start_s;
        }
        let mut before = Seconds::default();
        for (at, wake) in self.wakes_s.iter().enumerate() {
            in_order(before, *wake, |_| format!("wakes_s[{at}]"))?;
            before = *wake;
        }
        Ok(())
    }
}

fn within(at: Seconds, field: impl FnOnce() -> String) -> Result<(), Senseless> {
    match at.0.as_secs() > LONGEST {
        true => Err((field(), "longer than a hundred years")),
        false => Ok(()),
    }
}

fn in_order(
    before: Seconds,
    after: Seconds,
    field: impl FnOnce(&str) -> String,
) -> Result<(), Senseless> {
    if after < before {
        return Err((field("end_s"), "it lies before what it follows"));
    }
    within(after, || field("end_s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../examples/gather.json");

    fn told(json: &str) -> String {
        Report::list_from_json(json.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert!(Report::from_json(WHOLE.as_bytes()).is_ok());
        let cut = &WHOLE[..WHOLE.len() / 2];
        assert!(told(cut).starts_with("line 1, column "), "{}", told(cut));
        assert!(told(cut).contains("EOF"), "{}", told(cut));
        let text = WHOLE.replacen("\"workers\":1", "\"workers\":\"one\"", 1);
        let said = told(&text);
        assert!(
            said.starts_with("strategies[0].runtime.workers (line 1, column "),
            "{said}"
        );
        let none = WHOLE.replacen("\"workers\":1", "\"workers\":0", 1);
        assert_eq!(
            told(&none),
            "strategies[0].runtime.workers: no worker ran it"
        );
        assert_eq!(
            told(&format!("[{none}]")),
            "[0].strategies[0].runtime.workers: no worker ran it"
        );
        let behind = format!("{WHOLE}x");
        assert!(told(&behind).contains("something stands behind the report"));
    }

    #[test]
    fn another_schema_is_told_before_its_fields_are() {
        let newer = r#"{"schema":"asyncdemo.report/3","other":1}"#;
        assert!(told(newer).contains("a newer asyncdemo wrote it"));
        assert!(told("{}").contains("found nothing: it is no report of asyncdemo"));
        assert!(told(r#"{"schema":7}"#).contains("found 7"));
        let other = WHOLE.replace("asyncdemo.report/2", "x");
        assert!(told(&other).contains("found `x`"));
    }

    #[test]
    fn time_runs_forwards() {
        let mut report = Report::from_json(WHOLE.as_bytes()).unwrap();
        let poll = &mut report.strategies[0].tasks[0].polls[0];
        std::mem::swap(&mut poll.start_s, &mut poll.end_s);
        let json = serde_json::to_string(&report).unwrap();
        let place = "strategies[0].tasks[0].polls[0].end_s";
        assert_eq!(
            told(&json),
            format!("{place}: it lies before what it follows")
        );
    }
}
