//! What was answered. What was missed comes back after 1 day, then after 3, then after 7, and then it is known.

use std::time::SystemTime;

use rusqlite::params;

use super::{Progress, Refused, number, seconds, whole};

/// Days until a question comes back, stage by stage.
const DAYS: [i64; 3] = [1, 3, 7];

const DAY: i64 = 24 * 60 * 60;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// What a run will measure.
    Predict,
    /// A question with choices.
    Quiz,
    /// What a turned knob will do. It is kept and never reviewed.
    Try,
}

impl QuestionKind {
    fn name(self) -> &'static str {
        match self {
            Self::Predict => "predict",
            Self::Quiz => "quiz",
            Self::Try => "try",
        }
    }
}

/// A question that is to be asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its lesson.
    pub lesson: String,
    /// What identifies it.
    pub question: String,
    /// How often it was answered right in a review, one after the other.
    pub stage: usize,
}

/// When a question of this stage comes back, in seconds since 1970.
fn after(now: SystemTime, stage: usize) -> i64 {
    let days = DAYS.get(stage).or(DAYS.last()).copied().unwrap_or_default();
    seconds(now).saturating_add(days * DAY)
}

impl Progress {
    /// A question was answered just now. `question` identifies it within its lesson. A wrong answer to
    /// a prediction or a quiz puts it up for review; a right one leaves a review that is due alone:
    /// right after the explanation it says little.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn answered(
        &mut self,
        lesson: &str,
        step: usize,
        kind: QuestionKind,
        question: &str,
        answer: &str,
        right: bool,
    ) -> Result<(), Refused> {
        let (stage, due) = if right || kind == QuestionKind::Try {
            (None, None)
        } else {
            (Some(0), Some(after(SystemTime::now(), 0)))
        };
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO questions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                     ON CONFLICT DO UPDATE SET step = ?3, kind = ?4, answer = ?5, is_right = ?6,
                         stage = coalesce(?7, stage), due_s = coalesce(?8, due_s)",
                )?
                .execute(params![
                    lesson,
                    question,
                    whole(step),
                    kind.name(),
                    answer,
                    right,
                    stage,
                    due
                ])?;
            Ok(())
        })
    }

    /// What was missed and is due, the longest due first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn due(&self, now: SystemTime) -> Result<Vec<Due>, Refused> {
        let now = seconds(now);
        // What is due later than any question can be was answered under a clock that was ahead.
        let never = now.saturating_add(DAYS.iter().copied().max().unwrap_or_default() * DAY);
        self.missed("due_s <= ?1 OR due_s > ?2", [now, never])
    }

    /// What was missed and comes back, now or later, the first due first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn to_review(&self) -> Result<Vec<Due>, Refused> {
        self.missed("due_s IS NOT NULL", [])
    }

    fn missed(&self, which: &str, times: impl rusqlite::Params) -> Result<Vec<Due>, Refused> {
        self.read(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT lesson, question, stage FROM questions
                 WHERE {which} ORDER BY due_s, lesson, step, question"
            ))?;
            let due = statement.query_map(times, |row| {
                Ok(Due {
                    lesson: row.get(0)?,
                    question: row.get(1)?,
                    stage: number(row, 2)?,
                })
            })?;
            due.collect()
        })
    }

    /// It was asked again: a right answer moves it on, and after the last interval it is known; a wrong
    /// one moves it back to the first. Where somebody else answered it meanwhile, a right answer
    /// changes nothing.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn reviewed(&mut self, due: &Due, right: bool, now: SystemTime) -> Result<(), Refused> {
        let stage = if right { due.stage + 1 } else { 0 };
        let next = (stage < DAYS.len()).then(|| (whole(stage), after(now, stage)));
        self.write(|transaction| {
            transaction.execute(
                "UPDATE questions SET stage = ?1, due_s = ?2
                 WHERE lesson = ?3 AND question = ?4 AND (stage = ?5 OR NOT ?6)",
                params![
                    next.map(|(stage, _)| stage),
                    next.map(|(_, due)| due),
                    due.lesson,
                    due.question,
                    whole(due.stage),
                    right
                ],
            )?;
            Ok(())
        })
    }
}
