//! Source on the screen of a learner: first without what would give an answer away.

use anyhow::Result;

use super::ask::Wants;
use super::mend::language;
use super::tutor::Tutor;
use crate::concepts::{self, region};
use crate::lesson::{CodeLanguage, Excerpt, Kind, Lesson, Step, shown};
use crate::page::Language;

/// So many lines of a step are shown unasked.
const LINES: usize = 16;

impl Tutor<'_> {
    /// The code of a step, as long as a screen: without the instrument, and without comments where a question follows.
    pub(super) fn excerpt(&mut self, lesson: &Lesson, at: usize, code: &Excerpt) -> Result<()> {
        let Some((source, written)) = code.source()? else {
            return Ok(());
        };
        let bare = shown(source, written, lesson.withholds(at));
        let language = language(written);
        let all = bare.lines().count();
        if all <= LINES {
            return self.code(&bare, language);
        }
        let first: Vec<_> = bare.lines().take(LINES).collect();
        self.code(&first.join("\n"), language)?;
        self.dim(&format!(
            "… and {} more lines: code shows all of it.",
            all - LINES
        ))
    }

    /// The whole source of what the step runs or shows. Before a question is answered, without comments; then as it is,
    /// with the instrument.
    pub(super) fn show_code(&mut self, lesson: &Lesson, step: &Step, wants: Wants) -> Result<()> {
        let answered = matches!(wants, Wants::Enter | Wants::EnterOrAgain);
        if let Kind::Code(code) = &step.kind {
            let at = lesson.steps.iter().position(|one| one == step);
            let withheld = lesson.withholds(at.unwrap_or_default());
            return match code.source()? {
                Some((source, written)) if withheld => {
                    self.code(&shown(source, written, true), language(written))
                }
                Some((source, written)) => self.code(source, language(written)),
                None => Ok(()),
            };
        }
        let withheld = step.asks() && !answered;
        let as_it_is = |source: &str| match withheld {
            true => shown(source, CodeLanguage::Rust, true),
            false => source.to_owned(),
        };
        let lines: Vec<_> = step.commands();
        let lines: Vec<_> = lines.iter().filter_map(|it| self.parsed(it).ok()).collect();
        if lines.is_empty() {
            let entry = concepts::find(&lesson.about.concept).ok();
            let source = entry.and_then(|entry| region(entry.about.source, "workload").ok());
            return match source {
                Some(source) => self.code(&as_it_is(source), Language::Rust),
                None => self.say("There is no code for this step."),
            };
        }
        let mut told = Vec::new();
        for line in lines {
            let about = line.set.about;
            for strategy in line.choose().0 {
                let name = (about.name, strategy.name);
                if let (Ok(source), false) =
                    (region(about.source, strategy.name), told.contains(&name))
                {
                    self.code(&as_it_is(source), Language::Rust)?;
                    told.push(name);
                }
            }
        }
        Ok(())
    }

    pub(super) fn show_python(&mut self, lesson: &Lesson, step: &Step, wants: Wants) -> Result<()> {
        let answered = matches!(wants, Wants::Enter | Wants::EnterOrAgain);
        let command = step.command();
        let name = command.as_deref().and_then(|line| line.split(' ').next());
        match concepts::find(name.unwrap_or(&lesson.about.concept)) {
            Ok(entry) if step.asks() && !answered => {
                let bare = shown(entry.about.twin, CodeLanguage::Python, true);
                self.code(&bare, Language::Python)
            }
            Ok(entry) => self.code(entry.about.twin, Language::Python),
            Err(_) => self.say("There is no Python for this step."),
        }
    }
}
