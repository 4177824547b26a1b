//! The steps of a lesson, each asked and told.

use anyhow::Result;

use super::ask::{Said, Wants};
use super::tutor::Tutor;
use crate::commands::run::{self, Ending};
use crate::concepts::UsageError;
use crate::lab::{Invocation, TwinsError};
use crate::lesson::{Guess, Kind, Lesson, Mark, Predict, Quiz, RUNS, Step};
use crate::page::{Role, Style, command_line, markdown, to_ansi};
use crate::progress::QuestionKind;
use crate::report::Report;

/// What may be typed in place of a letter.
const WORDS: &str = "back, code, hint, python, quit";

impl Tutor<'_> {
    pub(super) fn step(&mut self, lesson: &Lesson, at: usize, step: &Step) -> Result<Said> {
        match &step.kind {
            Kind::Prose(text) => {
                self.say(text)?;
                self.ask(lesson, step, "", Wants::Enter)
            }
            Kind::Code(code) => {
                self.excerpt(lesson, at, code)?;
                self.ask(lesson, step, "", Wants::Enter)
            }
            Kind::Run(line) => self.look(lesson, step, line),
            Kind::Predict(predict) => Ok(self.predict(lesson, at, step, predict)?.0),
            Kind::Quiz(quiz) => Ok(self.quiz(lesson, at, step, quiz)?.0),
            Kind::Try(attempt) => self.attempt(lesson, at, step, attempt),
            Kind::Spot(spot) => Ok(self.spot(lesson, at, step, spot)?.0),
            Kind::Repair(repair) => Ok(self.repair(lesson, at, step, repair)?.0),
        }
    }

    fn look(&mut self, lesson: &Lesson, step: &Step, line: &str) -> Result<Said> {
        self.command(line)?;
        match self.ask(lesson, step, "Enter runs it ", Wants::Enter)? {
            Said::Enter => {}
            other => return Ok(other),
        }
        loop {
            if let Err(signal) = self.measured(line)? {
                return Ok(Said::Stopped(signal));
            }
            match self.ask(lesson, step, "", Wants::EnterOrAgain)? {
                Said::Again => {}
                other => return Ok(other),
            }
        }
    }

    /// Also whether the prediction was right; `None` if it does not count, or was not asked to its end.
    pub(super) fn predict(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        predict: &Predict,
    ) -> Result<(Said, Option<bool>)> {
        let order = self.order(lesson, &predict.question, predict.choices.len());
        let predict = &predict.ordered(&order);
        self.say(&predict.question)?;
        self.choices(predict.choices.iter().map(|choice| choice.text.as_str()))?;
        self.command(&predict.run)?;
        let guess = match self.guess(lesson, step, predict)? {
            Ok(guess) => guess,
            Err(other) => return Ok((other, None)),
        };
        let mut counted = None;
        let mut first = true;
        loop {
            let verdict = match self.judged(predict, guess.as_ref())? {
                Ok(verdict) => verdict,
                Err(signal) => return Ok((Said::Stopped(signal), counted)),
            };
            // The first time counts: the others are to look again.
            if let Some(mark) = verdict
                && std::mem::replace(&mut first, false)
                && let (Some(guess), Some(right)) = (&guess, mark.counts())
            {
                counted = Some(right);
                let (kind, question) = (QuestionKind::Predict, &predict.question);
                self.answered(lesson, at, kind, question, &guess.said, right)?;
            }
            self.say(&predict.why)?;
            match self.ask(lesson, step, "", Wants::EnterOrAgain)? {
                Said::Again => {}
                other => return Ok((other, counted)),
            }
        }
    }

    /// Runs it, and again where the run was disturbed, at most [`RUNS`] times, and says what it shows of the guess. `None`
    /// if it measured nothing that was asked; or the signal that stopped it.
    pub(super) fn judged(
        &mut self,
        predict: &Predict,
        guess: Option<&Guess>,
    ) -> Result<Result<Option<Mark>, i32>> {
        let mut earlier = Vec::new();
        loop {
            let report = match self.measured(&predict.run)? {
                Ok(report) => report,
                Err(signal) => return Ok(Err(signal)),
            };
            let Some(verdict) = predict.judge(guess, &report, &earlier) else {
                self.say(
                    "There is nothing to hold your prediction against, so it does not count.",
                )?;
                return Ok(Ok(None));
            };
            earlier.push(verdict.measured);
            if earlier.len() == RUNS || !verdict.wants_another_run() {
                self.verdict(verdict.mark, &verdict.words(guess))?;
                return Ok(Ok(Some(verdict.mark)));
            }
            self.dim(&verdict.again(earlier.len() + 1))?;
        }
    }

    /// What is predicted; nothing if the learner does not want to. Or what was said instead.
    pub(super) fn guess(
        &mut self,
        lesson: &Lesson,
        step: &Step,
        predict: &Predict,
    ) -> Result<Result<Option<Guess>, Said>> {
        let (wants, example) = match predict.choices.len() {
            0 => (Wants::Value, predict.unit.in_a_prompt(&predict.answer)),
            _ => (Wants::Letters, "a"),
        };
        let prompt = format!("Your prediction (for example {example}) ");
        let mut pressed = false;
        // A number that has no unit yet.
        let mut bare: Option<String> = None;
        loop {
            let text = match self.ask(lesson, step, &prompt, wants)? {
                Said::Text(text) => text,
                Said::Enter if pressed => return Ok(Ok(None)),
                Said::Enter => {
                    pressed = true;
                    self.say("Even a wild guess helps: you see more once you have made one. Type one, or Enter again to go on without.")?;
                    continue;
                }
                other => return Ok(Err(other)),
            };
            let number = bare.take();
            let with_unit = |number: String| predict.read(&format!("{number}{text}"));
            if let Some(guess) = predict.read(&text).or_else(|| number.and_then(with_unit)) {
                return Ok(Ok(Some(guess)));
            }
            if wants != Wants::Value {
                self.say(&format!(
                    "Type the letter of a choice, for example {example}, or a word: {WORDS}."
                ))?;
            } else if let Some(question) = predict.unit.asks_back(&text) {
                self.say(&question)?;
                bare = Some(text);
            } else {
                self.say(&format!("Type {}.", predict.unit.example()))?;
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
        let order = self.order(lesson, &quiz.question, quiz.choices.len());
        let quiz = &quiz.ordered(&order);
        self.say(&quiz.question)?;
        self.choices(quiz.choices.iter().map(|choice| choice.text.as_str()))?;
        let (prompt, example) = match quiz.wants_several() {
            true => (
                "Which ones (more than one is right; for example a c) ",
                "a c",
            ),
            false => ("Which one ", "a"),
        };
        let wants = Wants::Letters;
        let chosen = loop {
            match self.ask(lesson, step, prompt, wants)? {
                Said::Text(text) => match quiz.read(&text) {
                    Some(chosen) => break chosen,
                    None => self.say(&format!(
                        "Type the letter of a choice, for example {example}, or a word: {WORDS}."
                    ))?,
                },
                Said::Enter => self.say("Choose one first. It costs nothing to be wrong.")?,
                other => return Ok((other, None)),
            }
        };
        let right = self.told(quiz, &chosen, 'a')?;
        // As the lesson has them.
        let letters: Vec<String> = chosen
            .iter()
            .map(|index| char::from(b'a' + order[*index] as u8).to_string())
            .collect();
        let kind = QuestionKind::Quiz;
        self.answered(lesson, at, kind, &quiz.question, &letters.join(" "), right)?;
        Ok((self.ask(lesson, step, "", Wants::Enter)?, Some(right)))
    }

    /// Whether that was right, and the why of every choice, also after a right answer; they are called from `first` on.
    pub(super) fn told(&mut self, quiz: &Quiz, chosen: &[usize], first: char) -> Result<bool> {
        let right = quiz.is_right(chosen);
        match right {
            true => self.verdict(Mark::Right, "Right.")?,
            false => self.verdict(Mark::Wrong, "Not quite.")?,
        }
        let lines: String = quiz
            .choices
            .iter()
            .zip(first..)
            .map(|(choice, letter)| {
                let is = if choice.right { "right" } else { "wrong" };
                format!("- **{letter}** {is}: {}\n", choice.why)
            })
            .collect();
        self.say(&lines)?;
        Ok(right)
    }

    /// A command line of the lesson.
    pub(super) fn parsed(&self, line: &str) -> Result<Invocation, UsageError> {
        Invocation::parse(line, self.trust)
    }

    /// The report of a run, in Rust alone where this machine has no Python for it; or the signal that stopped it.
    pub(super) fn measured(&self, line: &str) -> Result<Result<Box<Report>, i32>> {
        self.print("\n")?;
        let invocation = self.parsed(line)?;
        let setting = run::Setting::Lesson;
        let run = |invocation: &Invocation| run::run(invocation, setting, self.screen, self.stop);
        let (report, ending) = match run(&invocation) {
            Ok(ran) => ran,
            Err(error) => {
                let why = error.downcast::<TwinsError>()?;
                self.dim(&format!("In Rust alone: {why}"))?;
                self.print("\n")?;
                run(&invocation.in_rust_alone())?
            }
        };
        Ok(match ending {
            Ending::Stopped(signal) => Err(signal),
            Ending::Done | Ending::Failed | Ending::UsageError | Ending::Exit(_) => {
                Ok(Box::new(report))
            }
        })
    }

    pub(super) fn command(&self, line: &str) -> Result<()> {
        let style = &self.screen.out();
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

    pub(super) fn verdict(&self, mark: Mark, words: &str) -> Result<()> {
        let style = &self.screen.out();
        let (glyph, plain, paint) = match mark {
            Mark::Right | Mark::ByArithmetic => ("✓", "+", Role::Literal),
            Mark::Wrong => ("✗", "x", Role::Waiting),
            Mark::Open => ("·", "-", Role::Dim),
        };
        let glyph = if style.ascii { plain } else { glyph };
        let beside = Style {
            width: style.width.saturating_sub(2),
            ..*style
        };
        let text = to_ansi(&markdown(words, &beside), &beside)
            .trim_end()
            .replace('\n', "\n  ");
        self.print(&format!("\n{} {text}\n", style.paint(paint, glyph)))
    }

    pub(super) fn answered(
        &mut self,
        lesson: &Lesson,
        at: usize,
        kind: QuestionKind,
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
