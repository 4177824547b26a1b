//! A line to find and a line to replace.

use anyhow::Result;

use super::ask::{Said, Wants};
use super::tutor::Tutor;
use crate::lesson::{CodeLanguage, Lesson, RUNS, Repair, RepairChoice, Repaired, Spot, Step};
use crate::page::{self, Language, Line, Role};
use crate::progress::QuestionKind;

/// How the screen shows what a lesson has code in.
pub(super) fn language(language: CodeLanguage) -> Language {
    match language {
        CodeLanguage::Python => Language::Python,
        CodeLanguage::Rust => Language::Rust,
    }
}

impl Tutor<'_> {
    /// Also whether the answer was right; `None` if it was not asked to its end.
    pub(super) fn spot(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        spot: &Spot,
    ) -> Result<(Said, Option<bool>)> {
        self.say(&spot.question)?;
        let quiz = spot.quiz();
        if let Some((code, written, lines)) = spot.sheet() {
            self.lines(|style| page::numbered(&code, language(written), &lines, style))?;
        }
        let chosen = loop {
            match self.ask(lesson, step, "Which line (its number) ", Wants::Value)? {
                Said::Text(text) => match quiz.read(&text).as_deref() {
                    Some([line]) => break *line,
                    _ => self.say("Type the number that stands before a line, for example 1.")?,
                },
                Said::Enter => self.say("Choose one first. It costs nothing to be wrong.")?,
                other => return Ok((other, None)),
            }
        };
        let right = self.told(&quiz, &[chosen], '1')?;
        let kind = QuestionKind::Quiz;
        let answer = (chosen + 1).to_string();
        self.answered(lesson, at, kind, &spot.question, &answer, right)?;
        Ok((self.ask(lesson, step, "", Wants::Enter)?, Some(right)))
    }

    /// Also whether the first choice was right; `None` if it does not count, or was not asked to its end.
    pub(super) fn repair(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        repair: &Repair,
    ) -> Result<(Said, Option<bool>)> {
        let order = self.order(lesson, &repair.question, repair.choices.len());
        let repair = &repair.ordered(&order);
        let written = language(repair.language);
        self.say(&repair.question)?;
        self.code(repair.code.trim_matches('\n'), written)?;
        let figure = repair.decides();
        self.say(&format!(
            "What may stand there? The goal for {figure}: {}.",
            repair.goal
        ))?;
        self.lines(|style| {
            let mut lines = Vec::new();
            for (choice, letter) in repair.choices.iter().zip('a'..) {
                let mut mark = letter.to_string();
                for row in page::code(choice.text.trim_matches('\n'), written, style) {
                    let mut line = Line::of(Role::Name, &format!("{mark:>2}"));
                    line.append(&row);
                    lines.push(line);
                    mark.clear();
                }
            }
            lines
        })?;
        let wants = Wants::Letters;
        // The first choice counts: the others are to look.
        let mut first = true;
        let mut counted = None;
        loop {
            let prompt = match first {
                true => "Which one (it is run) ",
                false => "Enter goes on, another letter runs that one ",
            };
            let chosen = match self.ask(lesson, step, prompt, wants)? {
                Said::Text(text) => match repair.read(&text) {
                    Some(chosen) => chosen,
                    None => {
                        self.say("Type the letter of a choice, for example a.")?;
                        continue;
                    }
                },
                Said::Enter if first => {
                    self.say("Choose one first. It costs nothing to be wrong.")?;
                    continue;
                }
                other => return Ok((other, counted)),
            };
            let choice = &repair.choices[chosen];
            self.code(&repair.filled(choice), written)?;
            self.command(&choice.run)?;
            match self.repaired(repair, choice)? {
                Ok(Some(repaired)) => {
                    self.verdict(repaired.mark, &repaired.words())?;
                    if std::mem::replace(&mut first, false)
                        && let Some(right) = repaired.mark.counts()
                    {
                        counted = Some(right);
                        let kind = QuestionKind::Quiz;
                        let answer = choice.text.trim();
                        self.answered(lesson, at, kind, &repair.question, answer, right)?;
                    }
                }
                Ok(None) => {
                    // The others may not be measured here either: who chose one may go on.
                    first = false;
                    self.say("No run says anything about that line, so it does not count.")?;
                }
                Err(signal) => return Ok((Said::Stopped(signal), counted)),
            }
            self.say(&choice.why)?;
        }
    }

    /// Runs a choice, and again where the run was disturbed. `None` if it did not measure what decides; or the signal
    /// that stopped it.
    fn repaired(
        &mut self,
        repair: &Repair,
        choice: &RepairChoice,
    ) -> Result<Result<Option<Repaired>, i32>> {
        for run in 1.. {
            let report = match self.measured(&choice.run)? {
                Ok(report) => report,
                Err(signal) => return Ok(Err(signal)),
            };
            let Some(repaired) = repair.judge(choice, &report) else {
                break;
            };
            if run == RUNS || !repaired.wants_another_run() {
                return Ok(Ok(Some(repaired)));
            }
            self.dim(&repaired.again(run + 1))?;
        }
        Ok(Ok(None))
    }
}
