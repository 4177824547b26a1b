//! The steps of a lesson as markup.

use maud::{Markup, html};

use super::prose::{blocks, numbered, source, words};
use super::question::{Offered, PageQuestion, Pick, letter, sign};
use super::recorded::{SiteCourse, SiteRun};
use crate::lesson::Answer;
use crate::lesson::{Kind, Lesson, Mark, Predict, Quiz, Repair, Spot, Step, Try, shown, value};
use crate::page::{clean, clean_line};
use crate::units;

/// A step and where it stands.
pub(super) struct Placed<'a> {
    pub(super) course: &'a SiteCourse<'a>,
    pub(super) lesson: &'a Lesson,
    pub(super) at: usize,
    pub(super) step: &'a Step,
    /// The lessons that a link may lead to.
    pub(super) files: &'a [String],
}

impl Placed<'_> {
    pub(super) fn markup(&self) -> Markup {
        match &self.step.kind {
            Kind::Prose(text) => html! { section.step { (self.blocks(text)) (self.hint()) } },
            Kind::Code(code) => {
                let withheld = self.lesson.withholds(self.at);
                let found = code.source().ok().flatten();
                html! {
                    section.step {
                        @match found {
                            Some((text, language)) => (source(&shown(text, language, withheld), language)),
                            None => p.dim { "There is no code for this step." },
                        }
                        (self.hint())
                    }
                }
            }
            Kind::Run(line) => html! {
                section.step {
                    (command(line))
                    details open { summary { "What was measured" } (self.recorded(line, None)) }
                    (self.hint())
                }
            },
            Kind::Predict(predict) => self.predict(predict),
            Kind::Quiz(quiz) => self.quiz(quiz, Pick::One, html! {}),
            Kind::Try(turn) => self.turn(turn),
            Kind::Spot(spot) => self.spot(spot),
            Kind::Repair(repair) => self.repair(repair),
        }
    }

    fn blocks(&self, text: &str) -> Markup {
        blocks(text, self.files)
    }

    fn words(&self, text: &str) -> Markup {
        words(text, self.files)
    }

    fn hint(&self) -> Markup {
        html! {
            @if let Some(hint) = &self.step.hint { details.hint { summary { "Hint" } (self.blocks(hint)) } }
        }
    }

    fn asked(
        &self,
        question: &str,
        above: Markup,
        pick: Pick,
        choices: Vec<Offered>,
        told: Markup,
    ) -> Markup {
        let runs = self.step.command().is_some();
        let hint = self.step.hint.as_ref();
        let asked = PageQuestion {
            at: self.at,
            question,
            legend: self.words(question),
            above,
            pick,
            choices,
            hint: hint.map(|hint| self.blocks(hint)),
            summary: if runs {
                "What was measured, and why"
            } else {
                "The answer, and why"
            },
            told,
        };
        asked.markup()
    }

    fn run(&self, line: &str) -> Option<&SiteRun> {
        self.course.runs.get(line)
    }

    fn predict(&self, predict: &Predict) -> Markup {
        let run = self.run(&predict.run);
        let measured = run.and_then(|run| predict.judge(None, &run.report, &[]));
        let is_right = |choice: &str| {
            let unit = predict.unit;
            let stated = Answer {
                value: unit.read(&predict.answer)?,
                unit,
            };
            let typed = unit.read(choice)?;
            let (Some(run), Some(_)) = (run, &measured) else {
                // Without a run the lesson's own word counts.
                return Some(stated.is_near(typed, predict.tolerance));
            };
            let place = predict.choices.iter().position(|one| one.value == choice)?;
            let guess = predict.read(&(place + 1).to_string())?;
            match predict.judge(Some(&guess), &run.report, &[])?.mark {
                Mark::Right | Mark::ByArithmetic => Some(true),
                Mark::Wrong => Some(false),
                Mark::Open => None,
            }
        };
        let offered = |choice: &crate::lesson::Choice| Offered {
            label: self.words(&choice.text),
            right: is_right(&choice.value),
        };
        let choices: Vec<_> = predict.choices.iter().map(offered).collect();
        let said = match &measured {
            Some(verdict) => verdict.words(None),
            None => format!(
                "That was not measured here. The lesson says {}.",
                predict.answer
            ),
        };
        let told = html! {
            (marks(Pick::One, &choices))
            (self.recorded(&predict.run, Some(said)))
            div.why { (self.blocks(&predict.why)) }
        };
        let pick = match choices.is_empty() {
            true => Pick::Typed(predict.unit.in_a_prompt(&predict.answer)),
            false => Pick::One,
        };
        self.asked(
            &predict.question,
            command(&predict.run),
            pick,
            choices,
            told,
        )
    }

    fn quiz(&self, quiz: &Quiz, pick: Pick, above: Markup) -> Markup {
        let offered = |choice: &crate::lesson::QuizChoice| Offered {
            label: match pick {
                Pick::Numbered => html! { code { (clean(&choice.text)) } },
                _ => self.words(&choice.text),
            },
            right: Some(choice.right),
        };
        let choices = quiz.choices.iter().map(offered).collect();
        let told = html! {
            ul.whys {
                @for (at, choice) in quiz.choices.iter().enumerate() {
                    li.right[choice.right] {
                        (sign(Some(choice.right))) b { (letter(pick, at)) } " " (self.words(&choice.why))
                    }
                }
            }
        };
        let pick = if quiz.wants_several() {
            Pick::Several
        } else {
            pick
        };
        self.asked(&quiz.question, above, pick, choices, told)
    }

    fn spot(&self, spot: &Spot) -> Markup {
        let above = match spot.sheet() {
            Some((code, language, lines)) => numbered(&code, language, &lines),
            None => html! {},
        };
        self.quiz(&spot.quiz(), Pick::Numbered, above)
    }

    /// A knob cannot be turned on a page: it stands as the lesson suggests.
    fn turn(&self, turn: &Try) -> Markup {
        let line = turn.with(&turn.suggest);
        let run = self.run(&line);
        let measured = run.and_then(|run| {
            let value = value(&run.report, &turn.value)?;
            let unit = turn.unit;
            Some(Answer { value, unit })
        });
        let said = match measured {
            Some(measured) => format!("It came to {measured}."),
            None => "That was not measured here.".to_owned(),
        };
        let told = html! {
            (self.recorded(&line, Some(said)))
            div.why { (self.blocks(&turn.why)) }
            p.dim { "On your own machine you can turn " code { (clean(&turn.knob)) } " to anything, and see what comes of it." }
        };
        let typed = Pick::Typed(turn.unit.in_a_prompt(""));
        self.asked(&turn.question, command(&line), typed, Vec::new(), told)
    }

    fn repair(&self, repair: &Repair) -> Markup {
        let above = html! {
            (source(repair.code.trim_matches('\n'), repair.language))
            p { "What may stand there? The goal for " (clean(&repair.decides())) ": " strong { (clean(&repair.goal)) } "." }
        };
        let offered = |choice: &crate::lesson::RepairChoice| Offered {
            label: html! { code.lines { (clean(choice.text.trim_matches('\n'))) } },
            right: Some(choice.right),
        };
        let told = html! {
            @for (at, choice) in repair.choices.iter().enumerate() {
                @let judged = self.run(&choice.run).and_then(|run| repair.judge(choice, &run.report));
                div.outcome data-choice=(at) data-right[choice.right] {
                    p.which { (sign(Some(choice.right))) (letter(Pick::One, at)) }
                    (source(&repair.filled(choice), repair.language))
                    (self.recorded(&choice.run, judged.map(|judged| judged.words())))
                    div.why { (self.blocks(&choice.why)) }
                }
            }
        };
        let choices = repair.choices.iter().map(offered).collect();
        self.asked(&repair.question, above, Pick::One, choices, told)
    }

    /// What a run came to, its lanes, and the code that ran.
    fn recorded(&self, line: &str, said: Option<String>) -> Markup {
        let Some(run) = self.run(line) else {
            return html! { p.missing { "This run could not be recorded." } };
        };
        let failed = run.report.strategies.iter();
        let failed = failed.filter_map(|it| Some((&it.name, it.error.as_ref()?)));
        let alone = run.report.only_in_rust.iter();
        html! {
            @if let Some(said) = said { p.measured { (clean(&said)) } }
            @if let Some(note) = &run.note { p.missing { (clean(note)) } }
            @for (name, why) in failed {
                p.missing { (clean(name)) " failed when this was recorded: " (clean_line(why)) }
            }
            (picture(line, run))
            @for strategy in alone { p.dim { (clean(&strategy.name)) " ran in Rust alone: " (clean(&strategy.why)) } }
            @if !run.report.findings.is_empty() {
                ul.findings { @for finding in &run.report.findings { li { (clean(&finding.text)) } } }
            }
            @if !run.code.is_empty() {
                details {
                    summary { "The code that ran" }
                    @for code in &run.code { p.dim { (clean(&code.strategy)) } (source(&code.text, code.language)) }
                }
            }
        }
    }
}

/// What is right of the choices, for whoever reads without a script.
fn marks(pick: Pick, choices: &[Offered]) -> Markup {
    html! {
        ul.whys.marks {
            @for (at, choice) in choices.iter().enumerate() {
                li.right[choice.right == Some(true)] {
                    (sign(choice.right)) b { (letter(pick, at)) } " " (choice.label)
                }
            }
        }
    }
}

fn command(line: &str) -> Markup {
    // A line of a page ends between two words, not behind the dashes of a knob.
    let line = clean_line(line);
    html! { pre.command { code { "asyncdemo" @for word in line.split(' ') { " " span { (word) } } } } }
}

/// The lanes, which play, and in words what they show.
fn picture(line: &str, run: &SiteRun) -> Markup {
    let strategies = run.report.strategies.iter();
    let told = strategies
        .filter(|strategy| strategy.error.is_none())
        .map(|strategy| {
            let wall = strategy
                .wall()
                .map_or_else(String::new, |wall| units::duration(wall.0));
            let language = match strategy.language {
                Some(_) => " in Python",
                None => "",
            };
            match strategy.did_nothing() {
                true => format!("{}{language} did nothing", strategy.name),
                false => format!("{}{language} {wall}", strategy.name),
            }
        });
    let told = told.collect::<Vec<_>>().join(" · ");
    html! {
        figure {
            div.lanes role="group" aria-label=(format!("Lanes of asyncdemo {}", clean_line(line))) {
                img alt=(format!("The recorded lanes: {}", clean(&told))) src=(data_address(&run.picture)) width="760";
            }
            figcaption { (clean(&told)) }
        }
    }
}

/// A picture as an address that has all of it.
fn data_address(svg: &str) -> String {
    let mut address = String::with_capacity(svg.len() + svg.len() / 4);
    address.push_str("data:image/svg+xml;charset=utf-8,");
    for byte in svg.trim().bytes() {
        match byte {
            b'%' | b'#' | b'"' | b'<' | b'>' | b'&' | b'\'' | b'\\' | b'^' | b'`' | b'{' | b'|'
            | b'}' => {
                address += &format!("%{byte:02X}");
            }
            b' '..=b'~' => address.push(char::from(byte)),
            _ => address += &format!("%{byte:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_an_address_without_markup() {
        let address = data_address("<svg id=\"t\">ä#</svg>\n");
        assert_eq!(
            address,
            "data:image/svg+xml;charset=utf-8,%3Csvg id=%22t%22%3E%C3%A4%23%3C/svg%3E"
        );
    }
}
