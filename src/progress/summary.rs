//! What was done, lesson by lesson.

use std::time::Duration;

use serde::Serialize;

use super::{Progress, Refused, number};

/// How many were right, of those that were asked. Of several answers to a question the last counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Answered right.
    #[serde(rename = "right_count")]
    pub right: usize,
    /// Answered.
    #[serde(rename = "asked_count")]
    pub asked: usize,
}

/// What a learner has done of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonProgress {
    /// Its name.
    pub lesson: String,
    /// How many steps are behind the learner: all, if it was finished once.
    pub done: usize,
    /// How many steps it had when it was played last; 0 if that is not known.
    pub steps: usize,
    /// Its predictions.
    pub predictions: Score,
    /// Its questions with choices.
    pub quiz: Score,
    /// The time spent on it.
    pub spent: Duration,
    /// Whether it was finished once.
    pub finished: bool,
    /// How many of its questions will come back for review, now or later.
    pub to_review: usize,
}

impl Progress {
    /// What was done of each lesson that was begun, by name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn lessons(&self) -> Result<Vec<LessonProgress>, Refused> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT lesson, furthest, steps, spent_ms, finished,
                     count(*) FILTER (WHERE kind = 'predict' AND is_right),
                     count(*) FILTER (WHERE kind = 'predict'),
                     count(*) FILTER (WHERE kind = 'quiz' AND is_right),
                     count(*) FILTER (WHERE kind = 'quiz'),
                     count(due_s)
                 FROM (SELECT lesson FROM lessons UNION SELECT lesson FROM questions)
                     LEFT JOIN lessons USING (lesson) LEFT JOIN questions USING (lesson)
                 GROUP BY lesson ORDER BY lesson",
            )?;
            let lessons = statement.query_map((), |row| {
                let (steps, finished) = (number(row, 2)?, row.get::<_, Option<bool>>(4)?);
                let finished = finished.unwrap_or_default();
                let score = |right, asked| -> rusqlite::Result<_> {
                    Ok(Score {
                        right: number(row, right)?,
                        asked: number(row, asked)?,
                    })
                };
                Ok(LessonProgress {
                    lesson: row.get(0)?,
                    done: if finished {
                        steps
                    } else {
                        number(row, 1)?.min(steps)
                    },
                    steps,
                    predictions: score(5, 6)?,
                    quiz: score(7, 8)?,
                    spent: Duration::from_millis(number(row, 3)? as u64),
                    finished,
                    to_review: number(row, 9)?,
                })
            })?;
            lessons.collect()
        })
    }
}
