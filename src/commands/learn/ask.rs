//! Questions and answers, and the keys that work at every question.

use anyhow::Result;

use super::tutor::{Answers, Tutor};
use crate::commands::keyboard::{Typed, line};
use crate::concepts::{self, region};
use crate::lesson::{Lesson, Step};
use crate::page::{Language, clean_line};

/// What was said to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing but Enter.
    Enter,
    /// An answer.
    Text(String),
    /// To the step before.
    Back,
    /// Run it again.
    Again,
    /// Enough for now.
    Quit,
    /// Nothing more can be read.
    Closed,
    /// This signal.
    Stopped(i32),
}

/// What a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Enter.
    Enter,
    /// Enter, or to run again.
    EnterOrAgain,
    /// A value.
    Value,
    /// Letters of choices, which come before the keys of the same letter.
    Letters,
}

const KEYS: &str = "\
Enter goes on · b back · h hint · c the code · p the same in Python · r run again · q quit (saved) · ? says so
Where the letters a, b, c are answers, say back and code in words.";

impl Tutor<'_> {
    /// Asks until what is said is not one of the keys that only show something.
    pub(super) fn ask(
        &mut self,
        lesson: &Lesson,
        step: &Step,
        prompt: &str,
        wants: Wants,
    ) -> Result<Said> {
        if !std::mem::replace(&mut self.keys_told, true) {
            self.dim(KEYS.lines().next().unwrap_or_default())?;
        }
        loop {
            let said = self.read(prompt)?;
            let Said::Text(text) = said else {
                return Ok(said);
            };
            let letter = wants == Wants::Letters;
            match text.to_lowercase().as_str() {
                "b" | "c" if letter => return Ok(Said::Text(text)),
                "b" | "back" => return Ok(Said::Back),
                "q" | "quit" => return Ok(Said::Quit),
                "r" | "again" if wants == Wants::EnterOrAgain => return Ok(Said::Again),
                "h" | "hint" => match &step.hint {
                    Some(hint) => self.say(hint)?,
                    None => self.say("There is no hint here.")?,
                },
                "c" | "code" => self.show_code(lesson, step)?,
                "p" | "python" => self.show_python(lesson, step)?,
                "?" | "help" => self.dim(KEYS)?,
                _ if matches!(wants, Wants::Value | Wants::Letters) => return Ok(Said::Text(text)),
                _ => self.dim(KEYS)?,
            }
        }
    }

    fn read(&mut self, prompt: &str) -> Result<Said> {
        let prompt = self.screen.out.encode(&format!("\n{prompt}> "));
        self.print(&prompt)?;
        let (typed, echo) = match &mut self.answers {
            Answers::Input { echo } => (line(self.stop), *echo),
            Answers::File(lines) => match lines.pop_front() {
                _ if self.stop.signal().is_some() => (Typed::Stopped, true),
                Some(line) => (Typed::Line(line), true),
                None => (Typed::Closed, true),
            },
        };
        Ok(match typed {
            Typed::Line(text) => {
                let text = text.trim().to_owned();
                if echo {
                    let shown = clean_line(&text);
                    self.print(&self.screen.out.encode(&format!("{shown}\n")))?;
                }
                if text.is_empty() {
                    Said::Enter
                } else {
                    Said::Text(text)
                }
            }
            Typed::Closed => {
                self.print("\n")?;
                Said::Closed
            }
            Typed::Stopped => {
                self.print("\n")?;
                Said::Stopped(self.stop.signal().unwrap_or(2))
            }
        })
    }

    /// The source of what the step runs or shows.
    fn show_code(&mut self, lesson: &Lesson, step: &Step) -> Result<()> {
        let Some(line) = step.command().and_then(|line| self.parsed(&line).ok()) else {
            let entry = concepts::find(&lesson.about.concept).ok();
            let source = entry.and_then(|entry| region(entry.about.source, "workload").ok());
            return match source {
                Some(source) => self.code(source, Language::Rust),
                None => self.say("There is no code for this step."),
            };
        };
        let (chosen, _) = line.choose();
        for strategy in chosen {
            if let Ok(source) = region(line.set.about.source, strategy.name) {
                self.code(source, Language::Rust)?;
            }
        }
        Ok(())
    }

    fn show_python(&mut self, lesson: &Lesson, step: &Step) -> Result<()> {
        let command = step.command();
        let name = command.as_deref().and_then(|line| line.split(' ').next());
        match concepts::find(name.unwrap_or(&lesson.about.concept)) {
            Ok(entry) => self.code(entry.about.twin, Language::Python),
            Err(_) => self.say("There is no Python for this step."),
        }
    }
}
