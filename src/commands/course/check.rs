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
use crate::lesson::{
    Kind, Lesson, RepairChoice, RepairTrial, Step, Trial, Try, links, parse, unshown, value,
};
use crate::page::clean;
use crate::report::Report;

/// So often a run may fail before its prediction has: a machine may be out of something for a moment.
const TRIES: usize = 3;

/// A run that takes longer is no part of a lesson.
const LONGEST: Duration = Duration::from_secs(60);

/// A line of a lesson that may be run.
pub(super) fn line(line: &str, trust: Trust) -> Result<Invocation, UsageError> {
    let parsed = Invocation::parse(line, trust)?;
    if parsed.ideal() > LONGEST {
        return Err(UsageError::new(format!(
            "`{line}`: expected a run of at most {} s, found one of {:.0} s",
            LONGEST.as_secs(),
            parsed.ideal().as_secs_f64()
        )));
    }
    Ok(parsed)
}

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
                checked.lesson = Some(lesson);
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
        let mut tested = Vec::new();
        for step in &lesson.steps {
            // Of a repair a learner runs one choice, or two.
            let mut longest = Duration::ZERO;
            for (line, test) in self.lines(step) {
                match line {
                    Ok(line) => {
                        longest = longest.max(line.ideal());
                        tested.extend(
                            test.map(|(prediction, test)| (step.line, prediction, test, line)),
                        );
                    }
                    Err(what) => checked.problem(step.line, what.to_string()),
                }
            }
            runs += longest;
        }
        checked
            .problems
            .extend(check::time(lesson, runs.as_secs_f64()));
        checked.minutes = Reading::of(lesson).minutes(runs.as_secs_f64());
        let all = tested.len();
        let stated = lesson.steps.iter().map(|step| match &step.kind {
            Kind::Predict(_) => 1,
            Kind::Repair(repair) => repair.choices.len(),
            _ => 0,
        });
        checked.to_predict = stated.sum();
        for (index, (at, mut prediction, mut test, line)) in tested.into_iter().enumerate() {
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
            let wrong = self.test(&mut prediction, &mut test, &line);
            self.line.clear();
            let wrong = wrong?;
            if !matches!(test, Test::Try(..)) {
                checked.predictions.push(prediction);
            }
            if let Some(what) = wrong {
                checked.problem(at, what);
            }
        }
        Ok(())
    }

    /// Every line of a step, and what is to be tested of its run.
    fn lines<'b>(&self, step: &'b Step) -> Vec<StepLine<'b>> {
        let at = step.line;
        match &step.kind {
            Kind::Run(line) => vec![(self.line(line), None)],
            Kind::Predict(predict) => {
                let test = Test::Predict(Trial::new(predict));
                let test = (Prediction::new(at, predict), test);
                vec![(self.line(&predict.run), Some(test))]
            }
            Kind::Try(turn) => {
                let prediction = Prediction::new(at, &turn.predict(&turn.suggest));
                let test = Test::Try(&turn.value, Vec::new());
                vec![(self.turned(turn), Some((prediction, test)))]
            }
            Kind::Repair(repair) => {
                let line = |choice: &'b RepairChoice| {
                    let test = Test::Repair(RepairTrial::new(repair, choice));
                    let test = (Prediction::of_repair(at, repair, choice), test);
                    (self.alone(&choice.run), Some(test))
                };
                repair.choices.iter().map(line).collect()
            }
            Kind::Prose(_) | Kind::Code(_) | Kind::Quiz(_) | Kind::Spot(_) => Vec::new(),
        }
    }

    /// A line that may be run, with one strategy.
    fn alone(&self, line: &str) -> Result<Invocation, UsageError> {
        let parsed = self.line(line)?;
        let (chosen, _) = parsed.choose();
        match &chosen[..] {
            [_] => Ok(parsed),
            chosen => Err(UsageError::new(format!(
                "`{line}`: expected one strategy, found {}",
                chosen.len()
            ))),
        }
    }

    /// A line that may be run.
    fn line(&self, run: &str) -> Result<Invocation, UsageError> {
        line(run, self.trust)
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

    /// Runs what a lesson states until it is known whether it holds, and what was wrong if it does not.
    fn test(
        &self,
        prediction: &mut Prediction,
        test: &mut Test<'_>,
        run: &Invocation,
    ) -> Result<Option<String>> {
        let rust_alone;
        let mut run = run;
        if let Err(why) = run.twins() {
            if !why.is_of_this_machine() {
                return Ok(Some(why.to_string()));
            }
            if prediction.value.starts_with("python.") {
                prediction.skipped = Some(why.to_string());
                return Ok(None);
            }
            rust_alone = run.clone().in_rust_alone();
            run = &rust_alone;
        }
        let (mut failures, mut absent) = (0, 0);
        while !test.is_over() {
            let report = match self.time.measure(run, self.stop)? {
                Some(report) if self.stop.signal().is_none() => report,
                _ => return Ok(None),
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
                return Ok(Some(format!(
                    "`{}`: {name} failed: {error}",
                    prediction.run
                )));
            }
            if test.add(&report).is_none() {
                // What a strategy counts only where it got that far: a busy machine may keep it from that.
                absent += 1;
                if absent < TRIES {
                    continue;
                }
                let names = report.strategies.iter().map(|it| &*it.name);
                let names: Vec<_> = names.collect();
                return Ok(Some(format!(
                    "expected a figure at `{}`, found none in the report of `{}` (its strategies: {})",
                    prediction.value,
                    prediction.run,
                    names.join(", ")
                )));
            }
            prediction.measured = test.measured().to_vec();
        }
        let wrong = test.wrong();
        prediction.holds = wrong.is_none();
        Ok(wrong)
    }
}

/// A line of a step, and what is to be tested of its run.
type StepLine<'a> = (
    Result<Invocation, UsageError>,
    Option<(Prediction, Test<'a>)>,
);

/// A test under way.
enum Test<'a> {
    Predict(Trial<'a>),
    /// Of what a learner turns a knob for, that there is a figure.
    Try(&'a str, Vec<f64>),
    Repair(RepairTrial<'a>),
}

impl Test<'_> {
    fn add(&mut self, report: &Report) -> Option<()> {
        match self {
            Self::Predict(trial) => trial.add(report),
            Self::Try(path, measured) => {
                measured.push(value(report, path)?);
                Some(())
            }
            Self::Repair(trial) => trial.add(report),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Predict(trial) => trial.is_over(),
            Self::Try(_, measured) => !measured.is_empty(),
            Self::Repair(trial) => trial.is_over(),
        }
    }

    fn measured(&self) -> &[f64] {
        match self {
            Self::Predict(trial) => &trial.measured,
            Self::Try(_, measured) => measured,
            Self::Repair(trial) => &trial.measured,
        }
    }

    fn wrong(&self) -> Option<String> {
        match self {
            Self::Predict(trial) => trial.wrong(),
            Self::Try(..) => None,
            Self::Repair(trial) => trial.wrong(),
        }
    }
}
