//! A knob to turn.

use anyhow::Result;

use super::ask::{Said, Wants};
use super::tutor::Tutor;
use crate::lesson::{Lesson, Predict, Step, Try};
use crate::progress::QuestionKind;

impl Tutor<'_> {
    pub(super) fn attempt(
        &mut self,
        lesson: &Lesson,
        at: usize,
        step: &Step,
        attempt: &Try,
    ) -> Result<Said> {
        let Try {
            question,
            run,
            knob,
            suggest,
            why,
            ..
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
            let right = match self.foretold(lesson, step, &attempt.predict(&value))? {
                Ok(right) => right,
                Err(said) => return Ok(said),
            };
            self.say(why)?;
            // The first time counts, if anything was measured.
            if !std::mem::replace(&mut tried, true)
                && let Some(right) = right
            {
                self.answered(lesson, at, QuestionKind::Try, question, &value, right)?;
            }
            match self.ask(
                lesson,
                step,
                "Enter goes on, again tries another ",
                Wants::EnterOrAgain,
            )? {
                Said::Again => {}
                other => return Ok(other),
            }
        }
    }

    /// What is predicted of a knob, and whether the run's own number bears it out: where nothing was predicted it does.
    /// `None` if it measured nothing that was asked. Or what was said instead.
    fn foretold(
        &mut self,
        lesson: &Lesson,
        step: &Step,
        predict: &Predict,
    ) -> Result<Result<Option<bool>, Said>> {
        let guess = match self.guess(lesson, step, predict)? {
            Ok(guess) => guess,
            Err(other) => return Ok(Err(other)),
        };
        self.command(&predict.run)?;
        let judged = self.judged(predict, guess.as_ref())?;
        let right = judged.map(|mark| mark.map(|mark| mark.counts().unwrap_or(true)));
        Ok(right.map_err(Said::Stopped))
    }
}
