//! Who plays a lesson with a learner: what is shown, what is saved, and where the answers come from.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::Result;

use crate::commands::keyboard::{self, NoAnswers};
use crate::commands::screen::{Screen, complain, print};
use crate::concepts::UsageError;
use crate::lab::{Stop, Trust};
use crate::lesson::{Lesson, order};
use crate::page::{self, Line, Role, Style, markdown, to_ansi};
use crate::progress::{Progress, Refused};

/// Where the answers come from.
pub(super) enum Answers {
    /// Somebody types, or a pipe does.
    Input {
        /// Whether it is no terminal, so that each answer has to be shown.
        echo: bool,
        /// How many lines were read.
        lines: usize,
    },
    /// A file was read.
    File(VecDeque<String>),
}

impl Answers {
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn from(file: Option<&Path>, screen: &Screen, stop: &Stop) -> Result<Self> {
        let Some(file) = file.filter(|file| *file != Path::new("-")) else {
            // What a terminal shows anyway need not be said again.
            let echo = !(screen.asks && io::stdin().is_terminal());
            return Ok(Self::Input { echo, lines: 0 });
        };
        // Of one that was stopped nothing is read: whoever asks is told so.
        let text = keyboard::file(file, stop).map_err(unusable)?;
        // Some editors begin a file with a mark of its encoding.
        let text = text.trim_start_matches('\u{feff}');
        Ok(Self::File(text.lines().map(str::to_owned).collect()))
    }
}

/// Answers that were given on the command line and cannot be used are a mistake of the command line.
pub(super) fn unusable(answers: NoAnswers) -> UsageError {
    UsageError::new(answers.to_string())
}

/// Who plays a lesson with a learner.
pub(super) struct Tutor<'a> {
    pub(super) screen: &'a Screen,
    pub(super) stop: &'a Stop,
    pub(super) progress: Progress,
    pub(super) answers: Answers,
    pub(super) trust: Trust,
    /// Whether what is asked was asked before: then the review keeps the score.
    pub(super) reviews: bool,
    /// Whether there is a store at all.
    pub(super) kept: bool,
    /// Whether saving has failed already: that is said once, and at the end that not all is saved.
    pub(super) warned: bool,
    /// What goes on where this stops.
    pub(super) goes_on: &'static str,
    /// Whether the keys have been told.
    pub(super) keys_told: bool,
}

impl<'a> Tutor<'a> {
    pub(super) fn new(
        screen: &'a Screen,
        stop: &'a Stop,
        (progress, kept): (Progress, bool),
        answers: Answers,
        trust: Trust,
    ) -> Self {
        Self {
            screen,
            stop,
            progress,
            kept,
            goes_on: "asyncdemo learn",
            answers,
            trust,
            reviews: false,
            warned: false,
            keys_told: false,
        }
    }

    /// Saves, or says once that it cannot. The lesson goes on either way.
    pub(super) fn save(
        &mut self,
        save: impl FnOnce(&mut Progress) -> Result<(), Refused>,
    ) -> Result<()> {
        if let Err(trouble) = save(&mut self.progress)
            && !std::mem::replace(&mut self.warned, true)
        {
            complain(&format!(
                "asyncdemo: {trouble}\nThe lesson goes on; what you do now may not be saved.\n"
            ));
        }
        Ok(())
    }

    /// What became of what was done, as the store says it.
    pub(super) fn farewell(&self, lesson: &str, step: usize) -> String {
        let latest = self.progress.latest().ok().flatten();
        let position = self.progress.position(lesson).ok().flatten();
        let there = latest.as_deref() == Some(lesson)
            && position == Some(step)
            && self.progress.verify().is_ok();
        let goes_on = self.goes_on;
        match (self.kept, there, self.warned) {
            (false, _, _) => "Not saved: there is no place for your progress.".to_owned(),
            (true, false, _) => "Not saved: your progress could not be written.".to_owned(),
            (true, true, false) => format!("Saved. {goes_on} continues here."),
            (true, true, true) => {
                format!(
                    "Your place is saved: {goes_on} continues here. Some of what came before is not."
                )
            }
        }
    }

    pub(super) fn print(&self, text: &str) -> Result<()> {
        Ok(print(text)?)
    }

    /// In which order this learner sees the choices of a question.
    pub(super) fn order(&self, lesson: &Lesson, question: &str, choices: usize) -> Vec<usize> {
        order(self.progress.seed(), lesson, question, choices)
    }

    /// Lines, and a blank one before them.
    pub(super) fn lines(&self, make: impl FnOnce(&Style) -> Vec<Line>) -> Result<()> {
        let style = &self.screen.out();
        self.print(&format!("\n{}", to_ansi(&make(style), style)))
    }

    /// A paragraph of Markdown and a blank line before it.
    pub(super) fn say(&self, text: &str) -> Result<()> {
        let style = &self.screen.out();
        self.print(&format!("\n{}", to_ansi(&markdown(text, style), style)))
    }

    pub(super) fn dim(&self, text: &str) -> Result<()> {
        let style = &self.screen.out();
        let lines = style.filled(&Line::of(Role::Dim, text), "", "");
        self.print(&format!("\n{lines}"))
    }

    pub(super) fn code(&self, source: &str, language: page::Language) -> Result<()> {
        self.lines(|style| page::code(source, language, style))
    }
}
