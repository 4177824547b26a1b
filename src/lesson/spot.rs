//! A line to find: which code is shown, and which of its lines may be chosen.

use super::parse::Unexpected;
use super::{CodeLanguage, Quiz, QuizChoice, Spot};
use crate::concepts::{self, Entry, function, plain, plain_python, region, uncommented};

impl Spot {
    /// The code as it is shown, what it is written in, and on which of its lines, from 0, the choices stand. `None` of
    /// what [`super::parse`] refuses.
    pub fn sheet(&self) -> Option<(String, CodeLanguage, Vec<usize>)> {
        let (code, language) = self.shown().ok()?;
        let places = self.places(&code).ok()?.into_iter();
        let lines = places.map(|(line, _)| line).collect();
        Some((code, language, lines))
    }

    /// The code as it is shown, and what it is written in. Code of a concept has no comments: they would tell.
    fn shown(&self) -> Result<(String, CodeLanguage), Unexpected> {
        let (code, concept) = (&self.code, &self.concept);
        let about = match (code, concept) {
            (Some(code), None) => return Ok((code.trim_matches('\n').to_owned(), self.language)),
            (None, Some(concept)) => match concepts::find(concept) {
                Ok(Entry { about, .. }) => about,
                Err(why) => return Err(Unexpected(why.to_string())),
            },
            _ => {
                return Err(Unexpected(
                    "expected either `code` or a `concept` whose code is shown".to_owned(),
                ));
            }
        };
        match &self.strategy {
            None => Ok((
                uncommented(&plain_python(about.twin), true),
                CodeLanguage::Python,
            )),
            Some(name) if self.python => match function(about.twin, name) {
                Some(source) => Ok((
                    uncommented(&plain_python(source), true),
                    CodeLanguage::Python,
                )),
                None => Err(Unexpected(format!(
                    "expected a function in {} called as the strategy `{name}`, found none",
                    about.python_file
                ))),
            },
            Some(name) => {
                let source = region(about.source, name).map_err(|error| {
                    Unexpected(format!("expected a strategy of `{}`: {error}", about.name))
                })?;
                Ok((uncommented(&plain(source), false), CodeLanguage::Rust))
            }
        }
    }

    /// On which lines of the code the choices stand, from 0, and which choice that is, in the order of the code.
    fn places(&self, code: &str) -> Result<Vec<(usize, usize)>, Unexpected> {
        let mut places = Vec::new();
        for (choice, line) in self.lines.iter().enumerate() {
            let wanted = line.line.trim();
            let has = |(_, text): &(usize, &str)| !wanted.is_empty() && text.contains(wanted);
            let found: Vec<_> = code.lines().enumerate().filter(has).collect();
            let [(at, _)] = found[..] else {
                return Err(Unexpected(format!(
                    "expected `{}` on one line of the code, found it on {}",
                    line.line,
                    found.len()
                )));
            };
            places.push((at, choice));
        }
        places.sort_unstable();
        Ok(places)
    }

    /// The question with its lines as choices, in the order of the code: so it is asked, judged and voted on.
    pub fn quiz(&self) -> Quiz {
        let shown = self.shown().map(|(code, _)| code).unwrap_or_default();
        let places = self.places(&shown).unwrap_or_default();
        let choice = |(at, choice): &(usize, usize)| QuizChoice {
            text: shown.lines().nth(*at).unwrap_or_default().trim().to_owned(),
            right: self.lines[*choice].right,
            why: self.lines[*choice].why.clone(),
        };
        Quiz {
            question: self.question.clone(),
            choices: places.iter().map(choice).collect(),
        }
    }

    /// What TOML cannot say.
    pub(super) fn makes_sense(&self) -> Result<(), Unexpected> {
        let right = self.lines.iter().filter(|line| line.right).count();
        if !(2..=9).contains(&self.lines.len()) || right != 1 {
            return Err(Unexpected(format!(
                "expected from two to nine lines to choose from, one of them right, found {}, {right} of them right",
                self.lines.len()
            )));
        }
        let (code, _) = self.shown()?;
        let places = self.places(&code)?;
        let mut lines: Vec<_> = places.iter().map(|(at, _)| at).collect();
        lines.dedup();
        if lines.len() < places.len() {
            return Err(Unexpected(
                "expected choices on lines of their own, found two on one line".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::SpotLine;

    fn spot(lines: &[(&str, bool)]) -> Spot {
        let line = |(line, right): &(&str, bool)| SpotLine {
            line: (*line).to_owned(),
            right: *right,
            why: "Because.".to_owned(),
        };
        Spot {
            question: "Which?".to_owned(),
            code: Some("\nasync def f():\n    a = await one()\n    b = await two()\n".to_owned()),
            language: CodeLanguage::Python,
            concept: None,
            strategy: None,
            python: false,
            lines: lines.iter().map(line).collect(),
        }
    }

    #[test]
    fn its_lines_are_choices_in_the_order_of_the_code() {
        let spot = spot(&[("b = await", true), ("async def f", false)]);
        assert!(spot.makes_sense().is_ok());
        let texts: Vec<_> = spot.quiz().choices.into_iter().map(|it| it.text).collect();
        assert_eq!(texts, ["async def f():", "b = await two()"]);
        assert!(spot.quiz().is_right(&[1]) && !spot.quiz().is_right(&[0]));
    }

    #[test]
    fn a_choice_stands_on_one_line_of_the_code() {
        let wrong = |lines: &[(&str, bool)]| spot(lines).makes_sense().unwrap_err().0;
        assert_eq!(
            wrong(&[("await", true), ("async", false)]),
            "expected `await` on one line of the code, found it on 2"
        );
        assert_eq!(
            wrong(&[("nowhere", true), ("async", false)]),
            "expected `nowhere` on one line of the code, found it on 0"
        );
        assert!(wrong(&[("one", true), ("a =", false)]).contains("two on one line"));
        assert!(wrong(&[("one", true)]).contains("found 1, 1 of them right"));
        assert!(wrong(&[("one", true), ("two", true)]).contains("found 2, 2 of them right"));
    }

    #[test]
    fn the_code_of_a_strategy_is_shown_without_what_would_tell() {
        let spot = Spot {
            code: None,
            concept: Some("gather".to_owned()),
            strategy: Some("created-first".to_owned()),
            ..spot(&[("let one", false), ("Ok(", true)])
        };
        let (code, language) = spot.shown().unwrap();
        assert_eq!(language, CodeLanguage::Rust);
        assert!(!code.contains("//") && !code.contains("recorder"), "{code}");
        let nowhere = Spot {
            concept: Some("gathr".to_owned()),
            ..spot
        };
        assert!(nowhere.shown().is_err());
    }
}
