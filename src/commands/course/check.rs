//! Checks one lesson, and runs what it predicts.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::told::{Checked, Prediction};
use crate::commands::status_line::StatusLine;
use crate::concepts::UsageError;
use crate::lab::{Bound, Invocation, Stop, Trust};
use crate::lesson::check::{self, Reading};
use crate::lesson::course::LessonFile;
use crate::lesson::{Kind, Lesson, Predict, Trial, Try, links, parse, unshown};
use crate::page::clean;

/// So often a run may fail before its prediction has: a machine may be out of something for a moment.
const TRIES: usize = 3;

/// A run that takes longer is no part of a lesson.
const LONGEST: Duration = Duration::from_secs(60);

/// How lessons are checked.
pub(super) struct Check<'a> {
    pub(super) trust: Trust,
    /// Where links to files are looked up.
    pub(super) root: Option<&'a Path>,
    pub(super) stop: &'a Stop,
    /// How long all of it may take.
    pub(super) time: Bound,
    /// Says what is done now, if somebody looks.
    pub(super) line: StatusLine,
}

/// Whether a page has a blank in its place.
fn is_hidden(ch: char) -> bool {
    clean(ch.encode_utf8(&mut [0; 4])) == " "
}

impl Check<'_> {
    /// Checks a lesson, the first of so many.
    pub(super) fn lesson(&self, source: &LessonFile, place: (usize, usize)) -> Result<Checked> {
        let begin = Instant::now();
        let mut checked = Checked::new(&source.file, &source.markdown);
        match parse(&source.file, &source.markdown) {
            Ok(lesson) => {
                checked.problems = links(source, &lesson, self.root);
                checked
                    .problems
                    .extend(unshown(&lesson, &source.markdown, is_hidden));
                self.content(&lesson, place, &mut checked)?;
            }
            Err(problem) => checked.problems.push(problem),
        }
        checked.problems.sort_by_key(|problem| problem.line);
        checked.took_s = begin.elapsed().as_secs_f64();
        Ok(checked)
    }

    fn content(&self, lesson: &Lesson, place: (usize, usize), checked: &mut Checked) -> Result<()> {
        checked.name.clone_from(&lesson.name);
        checked.steps = lesson.steps.len();
        checked.stated_minutes = lesson.about.minutes;
        checked.problems.extend(check::content(lesson));
        let mut runs = Duration::ZERO;
        let mut predicted = Vec::new();
        for step in &lesson.steps {
            let line = match &step.kind {
                Kind::Run(line) => self.line(line),
                Kind::Predict(predict) => self.line(&predict.run),
                Kind::Try(turn) => self.turned(turn),
                Kind::Prose(_) | Kind::Code(_) | Kind::Quiz(_) => continue,
            };
            match line {
                Ok(line) => {
                    runs += line.ideal();
                    if let Kind::Predict(predict) = &step.kind {
                        predicted.push((step.line, predict, line));
                    }
                }
                Err(what) => checked.problem(step.line, what.to_string()),
            }
        }
        checked
            .problems
            .extend(check::time(lesson, runs.as_secs_f64()));
        checked.minutes = Reading::of(lesson).minutes(runs.as_secs_f64());
        let all = predicted.len();
        checked.to_predict = lesson
            .steps
            .iter()
            .filter(|step| matches!(step.kind, Kind::Predict(_)))
            .count();
        for (index, (at, predict, line)) in predicted.into_iter().enumerate() {
            if self.stop.signal().is_some() || self.time.is_over() {
                break;
            }
            self.line.say(
                place.0 - 1,
                place.1,
                &format!(
                    "{} ({} of {}), prediction {} of {all}",
                    lesson.name,
                    place.0,
                    place.1,
                    index + 1
                ),
            );
            let tested = self.predict(at, predict, &line);
            self.line.clear();
            let (prediction, wrong) = tested?;
            checked.predictions.push(prediction);
            if let Some(what) = wrong {
                checked.problem(at, what);
            }
        }
        Ok(())
    }

    /// A line that may be run.
    fn line(&self, line: &str) -> Result<Invocation, UsageError> {
        let parsed = Invocation::parse(line, self.trust)?;
        if parsed.ideal() > LONGEST {
            return Err(UsageError::new(format!(
                "`{line}`: expected a run of at most {} s, found one of {:.0} s",
                LONGEST.as_secs(),
                parsed.ideal().as_secs_f64()
            )));
        }
        Ok(parsed)
    }

    /// The line of a `try` with its knob as suggested. Without the knob it must be a line, too.
    fn turned(&self, turn: &Try) -> Result<Invocation, UsageError> {
        self.line(&turn.run)?;
        if !turn.knob.starts_with("--") {
            return Err(UsageError::new(format!(
                "expected a knob with its dashes, as --delays, found `{}`",
                turn.knob
            )));
        }
        self.line(&turn.with(&turn.suggest))
    }

    /// Runs a prediction until it is known whether it holds, and what was wrong if it does not.
    fn predict(
        &self,
        line: usize,
        predict: &Predict,
        run: &Invocation,
    ) -> Result<(Prediction, Option<String>)> {
        let mut prediction = Prediction::new(line, predict);
        let mut trial = Trial::new(predict);
        let (mut failures, mut absent) = (0, 0);
        while !trial.is_over() {
            let report = match self.time.measure(run, self.stop)? {
                Some(report) if self.stop.signal().is_none() => report,
                _ => return Ok((prediction, None)),
            };
            let mut failed = report
                .strategies
                .iter()
                .filter_map(|strategy| Some((&strategy.name, strategy.error.as_ref()?)));
            if let Some((name, error)) = failed.next() {
                failures += 1;
                if failures < TRIES {
                    continue;
                }
                let error = error.lines().next().unwrap_or_default();
                let what = format!("`{}`: {name} failed: {error}", predict.run);
                return Ok((prediction, Some(what)));
            }
            if trial.add(&report).is_none() {
                // What a strategy counts only where it got that far: a busy machine may keep it from that.
                absent += 1;
                if absent < TRIES {
                    continue;
                }
                let names: Vec<_> = report
                    .strategies
                    .iter()
                    .map(|strategy| strategy.name.as_str())
                    .collect();
                let what = format!(
                    "expected a figure at `{}`, found none in the report of `{}` (its strategies: {})",
                    predict.value,
                    predict.run,
                    names.join(", ")
                );
                return Ok((prediction, Some(what)));
            }
            prediction.measured.clone_from(&trial.measured);
        }
        let wrong = trial.wrong();
        prediction.holds = wrong.is_none();
        Ok((prediction, wrong))
    }
}
