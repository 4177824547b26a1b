//! Questions and answers, and the keys that work at every question.

use anyhow::{Result, bail};

use super::tutor::{Answers, Tutor};
use crate::commands::echo;
use crate::commands::keyboard::{self, Typed, line};
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
    /// The letters of so many choices: of these, none is a key.
    Letters(usize),
}

/// What a key does, by its letter or its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Back,
    Quit,
    Again,
    Hint,
    Code,
    Python,
    Help,
}

impl Control {
    /// What was typed, unless it is an answer: a word is a key everywhere, a letter only where no choice has it.
    fn of(typed: &str, wants: Wants) -> Option<Self> {
        let typed = typed.to_lowercase();
        if let (Wants::Letters(choices), [letter]) = (wants, typed.as_bytes())
            && usize::from(letter.wrapping_sub(b'a')) < choices
        {
            return None;
        }
        Some(match typed.as_str() {
            "b" | "back" => Self::Back,
            "q" | "quit" => Self::Quit,
            "r" | "again" => Self::Again,
            "h" | "hint" => Self::Hint,
            "c" | "code" => Self::Code,
            "p" | "python" => Self::Python,
            "?" | "help" => Self::Help,
            _ => return None,
        })
    }
}

const KEYS: &str = "\
Enter goes on · b back · h hint · c code · p python · r again · q quit · ? shows these keys
The words do, too. Where a choice has the letter, only the word is a key: back, code, hint.";

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
            let key = Control::of(&text, wants);
            match key {
                Some(Control::Back) => return Ok(Said::Back),
                Some(Control::Quit) => return Ok(Said::Quit),
                Some(Control::Again) if wants == Wants::EnterOrAgain => return Ok(Said::Again),
                Some(Control::Hint) => match &step.hint {
                    Some(hint) => self.say(hint)?,
                    None => self.say("There is no hint here.")?,
                },
                Some(Control::Code) => self.show_code(lesson, step)?,
                Some(Control::Python) => self.show_python(lesson, step)?,
                None if matches!(wants, Wants::Value | Wants::Letters(_)) => {
                    return Ok(Said::Text(text));
                }
                Some(Control::Help | Control::Again) | None => self.dim(KEYS)?,
            }
        }
    }

    fn read(&mut self, prompt: &str) -> Result<Said> {
        let prompt = self.screen.out.encode(&format!("\n{prompt}> "));
        echo::asks();
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
            Typed::Flood => bail!(
                "standard input has a line of more than {} bytes: that is no answer",
                keyboard::LONGEST
            ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_key_only_where_no_choice_has_it() {
        let key = |typed, choices| Control::of(typed, Wants::Letters(choices));
        assert_eq!((key("b", 2), key("c", 2)), (None, Some(Control::Code)));
        assert_eq!(
            (key("C", 3), key("h", 8), key("h", 7)),
            (None, None, Some(Control::Hint))
        );
        for choices in 0..20 {
            for (word, expected) in [
                ("back", Control::Back),
                ("code", Control::Code),
                ("Hint", Control::Hint),
                ("python", Control::Python),
                ("quit", Control::Quit),
                ("?", Control::Help),
            ] {
                assert_eq!(key(word, choices), Some(expected));
            }
        }
        assert_eq!(Control::of("b", Wants::Value), Some(Control::Back));
        assert_eq!(Control::of("300ms", Wants::Value), None);
    }
}
