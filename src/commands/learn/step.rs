//! The steps of a lesson, each asked and told.

use anyhow::Result;

use super::ask::{Said, Wants};
use super::tutor::Tutor;
use crate::commands::run::{self, Ending};
use crate::concepts::{self, UsageError, region};
use crate::lab::Invocation;
use crate::lesson::{Guess, Kind, Lesson, Predict, Quiz, Step, Try};
use crate::page::{Language, Role, Style, command_line, markdown, to_ansi};
use crate::progress;
use crate::report::Report;

/// How a run of a lesson went.
enum Ran {
    Through(Box<Report>),
    Stopped(i32),
}

impl Tutor<'_> {
    pub(super) fn step(&mut self, lesson: &Lesson, at: usize, step: &Step) -> Result<Said> {
        match &step.kind {
            Kind::Prose(text) => {
                self.say(text)?;
                self.ask(lesson, step, "", Wants::Enter)
            }
            Kind::Code(code) => {
                if let Ok(concepts::Entry { about, .. }) = concepts::find(&code.concept) {
                    match &code.strategy {
                        Some(strategy) => {
                            self.code(region(about.source, strategy)?, Language::Rust)?;
                        }
                        None => self.code(about.twin, Language::Python)?,
                    }
                }
                self.ask(lesson, step, "", Wants::Enter)
            }
            Kind::Run(line) => self.look(lesson, step, line),
            Kind::Predict(predict) => {
                let (said, _) = self.predict(lesson, at, step, predict)?;
                Ok(said)
            }
            Kind::Quiz(quiz) => {
                let (said, _) = self.quiz(lesson, at, step, quiz)?;
                Ok(said)
            }
            Kind::Try(attempt) => self.attempt(lesson, at, step, attempt),
        }
    }

    fn look(&mut self, lesson: &Lesson, step: &Step, line: &str) -> Result<Said> {
        self.command(line)?;
        match self.ask(lesson, step, "Enter runs it ", Wants::Enter)? {
            Said::Enter => {}
            other => return Ok(other),
        }
        loop {
            if let Ran::Stopped(signal) = self.run(line)? {
                return Ok(Said::Stopped(signal));
            }
            match self.ask(lesson, step, "", Wants::EnterOrAgain)? {
                Said::Again => {}
                other => return Ok(other),
            }
        }
    }

    /// Also whether the prediction was right; `None` if it was not asked to its end.
    pub(super) fn predict(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        predict: &Predict,
    ) -> Result<(Said, Option<bool>)> {
        self.say(&predict.question)?;
        self.choices(predict.choices.iter().map(|choice| choice.text.as_str()))?;
        self.command(&predict.run)?;
        let guess = match self.guess(lesson, step, predict)? {
            Ok(guess) => guess,
            Err(other) => return Ok((other, None)),
        };
        let mut right = None;
        loop {
            let report = match self.run(&predict.run)? {
                Ran::Through(report) => report,
                Ran::Stopped(signal) => return Ok((Said::Stopped(signal), right)),
            };
            match predict.judge(guess.as_ref(), &report) {
                Some(verdict) => {
                    self.verdict(verdict.right, &verdict.words(guess.as_ref()))?;
                    // The first run counts: the others are to look again.
                    if right.is_none() {
                        right = Some(verdict.right);
                        let said = guess.as_ref().map_or("", |guess| guess.said.as_str());
                        let (question, right) = (&predict.question, verdict.right);
                        self.answered(
                            lesson,
                            at,
                            progress::QuestionKind::Predict,
                            question,
                            said,
                            right,
                        )?;
                    }
                }
                None => self
                    .say("The run failed, so there is nothing to hold your prediction against.")?,
            }
            self.say(&predict.why)?;
            match self.ask(lesson, step, "", Wants::EnterOrAgain)? {
                Said::Again => {}
                other => return Ok((other, right)),
            }
        }
    }

    /// What is predicted; nothing if the learner does not want to. Or what was said instead.
    fn guess(
        &mut self,
        lesson: &Lesson,
        step: &Step,
        predict: &Predict,
    ) -> Result<Result<Option<Guess>, Said>> {
        let wants = if predict.choices.is_empty() {
            Wants::Value
        } else {
            Wants::Letters
        };
        let mut pressed = false;
        loop {
            match self.ask(lesson, step, "Your prediction ", wants)? {
                Said::Text(text) => match predict.read(&text) {
                    Some(guess) => return Ok(Ok(Some(guess))),
                    None if wants == Wants::Letters => {
                        self.say("Type the letter of a choice, for example a.")?;
                    }
                    None => self.say(&format!("Type {}.", predict.unit.example()))?,
                },
                Said::Enter if pressed => return Ok(Ok(None)),
                Said::Enter => {
                    pressed = true;
                    self.say("A guess helps, however wild: who has predicted sees more. Type one, or Enter again to go on without.")?;
                }
                other => return Ok(Err(other)),
            }
        }
    }

    /// Also whether the answer was right; `None` if it was not asked to its end.
    pub(super) fn quiz(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        quiz: &Quiz,
    ) -> Result<(Said, Option<bool>)> {
        self.say(&quiz.question)?;
        self.choices(quiz.choices.iter().map(|choice| choice.text.as_str()))?;
        let prompt = if quiz.wants_several() {
            "Which ones (for example a c) "
        } else {
            "Which one "
        };
        let chosen = loop {
            match self.ask(lesson, step, prompt, Wants::Letters)? {
                Said::Text(text) => match quiz.read(&text) {
                    Some(chosen) => break chosen,
                    None => self.say("Type the letter of a choice, for example a.")?,
                },
                Said::Enter => self.say("Choose one first. It costs nothing to be wrong.")?,
                other => return Ok((other, None)),
            }
        };
        let right = quiz.is_right(&chosen);
        self.verdict(right, if right { "Right." } else { "Not quite." })?;
        // The why follows for every choice, also after a right answer.
        let lines: String = quiz
            .choices
            .iter()
            .zip('a'..)
            .map(|(choice, letter)| {
                let is = if choice.right { "right" } else { "no" };
                format!("- **{letter}** {is}: {}\n", choice.why)
            })
            .collect();
        self.say(&lines)?;
        let letters: Vec<String> = chosen
            .iter()
            .map(|index| char::from(b'a' + *index as u8).to_string())
            .collect();
        let kind = progress::QuestionKind::Quiz;
        self.answered(lesson, at, kind, &quiz.question, &letters.join(" "), right)?;
        Ok((self.ask(lesson, step, "", Wants::Enter)?, Some(right)))
    }

    fn attempt(&mut self, lesson: &Lesson, at: usize, step: &Step, attempt: &Try) -> Result<Said> {
        let Try {
            question,
            run,
            knob,
            suggest,
            why,
        } = attempt;
        self.say(question)?;
        self.command(&format!("{run} {knob} …"))?;
        let mut tried = false;
        loop {
            let prompt = format!("{knob} (Enter: {suggest}) ");
            let value = match self.ask(lesson, step, &prompt, Wants::Value)? {
                Said::Text(value) => value,
                Said::Enter if tried => return Ok(Said::Enter),
                Said::Enter => suggest.clone(),
                other => return Ok(other),
            };
            let line = attempt.with(&value);
            if let Err(wrong) = self.parsed(&line) {
                self.say(&wrong.to_string())?;
                continue;
            }
            if let Ran::Stopped(signal) = self.run(&line)? {
                return Ok(Said::Stopped(signal));
            }
            self.say(why)?;
            if !std::mem::replace(&mut tried, true) {
                self.answered(
                    lesson,
                    at,
                    progress::QuestionKind::Try,
                    question,
                    &value,
                    true,
                )?;
            }
            match self.ask(
                lesson,
                step,
                "Enter goes on, r tries another ",
                Wants::EnterOrAgain,
            )? {
                Said::Again => {}
                other => return Ok(other),
            }
        }
    }

    /// A command line of the lesson.
    pub(super) fn parsed(&self, line: &str) -> Result<Invocation, UsageError> {
        Invocation::parse(line, self.trust)
    }

    fn run(&mut self, line: &str) -> Result<Ran> {
        self.print("\n")?;
        let invocation = self.parsed(line)?;
        let setting = run::Setting::Lesson;
        let (report, ending) = run::run(&invocation, setting, self.screen, self.stop)?;
        Ok(match ending {
            Ending::Stopped(signal) => Ran::Stopped(signal),
            Ending::Done | Ending::Failed | Ending::UsageError => Ran::Through(Box::new(report)),
        })
    }

    fn command(&self, line: &str) -> Result<()> {
        let style = &self.screen.out;
        self.print("\n")?;
        for line in command_line(&format!("asyncdemo {line}"), style.width) {
            let line = style.encode(&line);
            self.print(&format!("{}\n", style.paint(Role::Literal, &line)))?;
        }
        Ok(())
    }

    fn choices<'b>(&self, choices: impl Iterator<Item = &'b str>) -> Result<()> {
        let lines: String = choices
            .zip('a'..)
            .map(|(text, letter)| format!("- **{letter}** {text}\n"))
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        self.say(&lines)
    }

    fn verdict(&self, right: bool, words: &str) -> Result<()> {
        let style = &self.screen.out;
        let (sign, paint) = if right {
            ("✓", Role::Literal)
        } else {
            ("✗", Role::Waiting)
        };
        let sign = match (style.ascii, right) {
            (true, true) => "+",
            (true, false) => "x",
            (false, _) => sign,
        };
        let beside = Style {
            width: style.width.saturating_sub(2),
            ..*style
        };
        let text = to_ansi(&markdown(words, &beside), &beside)
            .trim_end()
            .replace('\n', "\n  ");
        self.print(&format!("\n{} {text}\n", style.paint(paint, sign)))
    }

    fn answered(
        &mut self,
        lesson: &Lesson,
        at: usize,
        kind: progress::QuestionKind,
        question: &str,
        answer: &str,
        right: bool,
    ) -> Result<()> {
        if self.reviews {
            return Ok(());
        }
        self.save(|progress| progress.answered(&lesson.name, at, kind, question, answer, right))
    }
}
