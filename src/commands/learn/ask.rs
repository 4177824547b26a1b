//! Questions and answers, and the keys that work at every question.

use anyhow::Result;

use super::tutor::{Answers, Tutor, unusable};
use crate::commands::echo;
use crate::commands::keyboard::{NoAnswers, Typed, line};
use crate::concepts::UsageError;
use crate::lesson::{Lesson, NotUtf8, Step};
use crate::page::clean_line;

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
    /// The letters of choices.
    Letters,
}

/// What a key does. Each is a word. Some have a letter, too: none that a choice may have, of which there are seven at most.
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
    /// What was typed, unless it is an answer: the same at every question.
    fn of(typed: &str) -> Option<Self> {
        Some(match typed.to_lowercase().as_str() {
            "back" => Self::Back,
            "q" | "quit" => Self::Quit,
            "r" | "again" => Self::Again,
            "h" | "hint" => Self::Hint,
            "code" => Self::Code,
            "p" | "python" => Self::Python,
            "?" | "help" => Self::Help,
            _ => return None,
        })
    }
}

const KEYS: &str = "\
Enter goes on · back · code · hint · python · again · quit · ? shows these words
Type the word, and Enter. h, p, r and q do for hint, python, again and quit; a letter from a to g is an answer.";

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
            let key = Control::of(&text);
            match key {
                Some(Control::Back) => return Ok(Said::Back),
                Some(Control::Quit) => return Ok(Said::Quit),
                Some(Control::Again) if wants == Wants::EnterOrAgain => return Ok(Said::Again),
                Some(Control::Hint) => match &step.hint {
                    Some(hint) => self.say(hint)?,
                    None => self.say("There is no hint here.")?,
                },
                Some(Control::Code) => self.show_code(lesson, step, wants)?,
                Some(Control::Python) => self.show_python(lesson, step, wants)?,
                None if matches!(wants, Wants::Value | Wants::Letters) => {
                    return Ok(Said::Text(text));
                }
                Some(Control::Help | Control::Again) | None => self.dim(KEYS)?,
            }
        }
    }

    fn read(&mut self, prompt: &str) -> Result<Said> {
        let prompt = self.screen.out().encode(&format!("\n{prompt}> "));
        echo::asks();
        self.print(&prompt)?;
        let (typed, echo) = match &mut self.answers {
            Answers::Input { echo, lines } => {
                *lines += 1;
                (numbered(line(self.stop), *lines, *echo)?, *echo)
            }
            Answers::File(lines) => match lines.pop_front() {
                _ if self.stop.signal().is_some() => (Typed::Stopped, true),
                Some(line) => (Typed::Line(line), true),
                None => (Typed::Closed, true),
            },
        };
        Ok(match typed {
            Typed::Line(text) | Typed::NotText(text, _) => {
                let text = text.trim().to_owned();
                if echo {
                    let shown = clean_line(&text);
                    self.print(&self.screen.out().encode(&format!("{shown}\n")))?;
                }
                if text.is_empty() {
                    Said::Enter
                } else {
                    Said::Text(text)
                }
            }
            Typed::Flood => return Err(unusable(NoAnswers::Flood).into()),
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
}

/// What was typed as the line of this number. Who types on a terminal sees it and can type it again; a pipe cannot.
///
/// # Errors
/// Where a pipe has what is no text.
fn numbered(typed: Typed, line: usize, from_a_pipe: bool) -> Result<Typed, UsageError> {
    match typed {
        Typed::NotText(_, bad) if from_a_pipe => {
            let bad = NotUtf8 { line, ..bad };
            Err(unusable(NoAnswers::NotText(
                "standard input".to_owned(),
                bad,
            )))
        }
        typed => Ok(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::MOST_CHOICES;

    #[test]
    fn no_letter_of_a_choice_is_a_key() {
        for letter in ('a'..).take(MOST_CHOICES) {
            assert_eq!(Control::of(&letter.to_string()), None, "{letter}");
        }
        for (typed, expected) in [
            ("back", Control::Back),
            ("code", Control::Code),
            ("Hint", Control::Hint),
            ("h", Control::Hint),
            ("python", Control::Python),
            ("again", Control::Again),
            ("R", Control::Again),
            ("quit", Control::Quit),
            ("?", Control::Help),
        ] {
            assert_eq!(Control::of(typed), Some(expected), "{typed}");
        }
        assert_eq!(Control::of("300ms"), None);
    }
}
