//! What of a slide is run: its knobs are turned, and of a line to replace an answer is chosen.

use super::keys::Ask;
use super::knob::{self, Turned};
use super::recording;
use super::show::Show;
use crate::lab::Invocation;
use crate::lesson::{Kind, Repair, RepairChoice};

/// What an answer is called, and its recording, whether it was turned to or voted for.
fn called(at: usize) -> String {
    format!("answer {}", at + 1)
}

impl Show {
    /// The answer with most votes. Before the close, nobody sees which that is.
    pub(super) fn favourite<'a>(&self, repair: &'a Repair) -> Option<&'a RepairChoice> {
        let votes = self.slide().and_then(|slide| slide.rounds.last_counted());
        let hands = |at: &usize| votes.map_or(0, |votes| votes.of(*at));
        let places = (0..repair.choices.len()).rev();
        repair.choices.get(places.max_by_key(hands)?)
    }

    /// Which answer of a repair runs, if this is one: it, and its place.
    pub(super) fn mending(&self) -> Option<(&Repair, usize)> {
        let Kind::Repair(repair) = &self.step()?.kind else {
            return None;
        };
        let line = self.line()?;
        let runs = |choice: &RepairChoice| choice.run == line;
        Some((repair, repair.choices.iter().position(runs)?))
    }

    /// The answer after this one, or before it, if this is a repair.
    fn other_answer(&self, after: bool) -> Option<Turned> {
        let (repair, at) = self.mending()?;
        let count = repair.choices.len();
        let at = (at + if after { 1 } else { count - 1 }) % count;
        Some(Turned {
            line: repair.choices[at].run.clone(),
            knob: called(at),
        })
    }

    pub(super) fn turn(&mut self, up: bool) -> Ask {
        let Some(line) = self.line() else {
            return self.say("nothing runs on this slide");
        };
        if let Some(turned) = self.other_answer(up) {
            let said = format!("{} · enter runs it", turned.knob);
            self.here().turned = Some(turned);
            return self.say(said);
        }
        let knob = match self.step().map(|step| &step.kind) {
            Some(Kind::Try(a_try)) => Some(a_try.knob.clone()),
            _ => None,
        };
        let Some(turned) = knob::turn(&line, knob.as_deref(), up) else {
            return self.say("no knob here can be doubled or halved");
        };
        if turned.line == line {
            return self.say("as small as it gets");
        }
        if let Err(why) = Invocation::parse(&turned.line, self.trust) {
            return self.say(why.to_string());
        }
        let said = format!("{} · enter runs it", turned.knob);
        self.here().turned = Some(turned);
        self.say(said)
    }

    /// What the recording of this slide is called, as its knobs stand.
    pub(super) fn recording(&self, all: bool) -> Option<String> {
        let turned = self.slide().and_then(|slide| slide.turned.as_ref());
        let answer = self.mending().map(|(_, at)| called(at));
        let knob = turned.map(|turned| turned.knob.as_str());
        let knob = answer.as_deref().or(knob);
        Some(recording::name(
            self.lesson()?.stem(),
            self.place.slide,
            all,
            knob,
        ))
    }
}
