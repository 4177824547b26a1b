//! What was missed comes back after 1 day, then after 3, then after 7, and then it is known.

use std::time::SystemTime;

use rusqlite::params;

use super::{Kind, Progress, Trouble, number, seconds};

/// Days until a question comes back, stage by stage.
const DAYS: [i64; 3] = [1, 3, 7];

const DAY: i64 = 24 * 60 * 60;

/// A question that is to be asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its lesson.
    pub lesson: String,
    /// Which step of the lesson it was when it was asked.
    pub step: usize,
    /// What it is.
    pub kind: Kind,
    /// What identifies it.
    pub question: String,
    /// What was answered last in the lesson.
    pub answer: String,
    /// How often it was answered right in a review, one after the other.
    pub stage: usize,
}

/// When a question of this stage comes back, in seconds since 1970.
pub(super) fn after(now: SystemTime, stage: usize) -> i64 {
    let days = DAYS.get(stage).or(DAYS.last()).copied().unwrap_or_default();
    seconds(now).saturating_add(days * DAY)
}

impl Progress {
    /// What was missed and is due, the longest due first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn due(&self, now: SystemTime) -> Result<Vec<Due>, Trouble> {
        let now = seconds(now);
        // What is due later than any question can be was answered under a clock that was ahead.
        let never = now.saturating_add(DAYS.iter().copied().max().unwrap_or_default() * DAY);
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT lesson, step, kind, question, answer, stage FROM questions
                 WHERE due_s <= ?1 OR due_s > ?2 ORDER BY due_s, lesson, step, question",
            )?;
            let due = statement.query_map([now, never], |row| {
                Ok(Due {
                    lesson: row.get(0)?,
                    step: number(row, 1)?,
                    kind: Kind::named(&row.get::<_, String>(2)?),
                    question: row.get(3)?,
                    answer: row.get(4)?,
                    stage: number(row, 5)?,
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
    pub fn reviewed(&mut self, due: &Due, right: bool, now: SystemTime) -> Result<(), Trouble> {
        let stage = if right { due.stage + 1 } else { 0 };
        let next = (stage < DAYS.len()).then(|| (super::whole(stage), after(now, stage)));
        self.write(|transaction| {
            transaction.execute(
                "UPDATE questions SET stage = ?1, due_s = ?2
                 WHERE lesson = ?3 AND question = ?4 AND (stage = ?5 OR NOT ?6)",
                params![
                    next.map(|(stage, _)| stage),
                    next.map(|(_, due)| due),
                    due.lesson,
                    due.question,
                    super::whole(due.stage),
                    right
                ],
            )?;
            Ok(())
        })
    }
}
