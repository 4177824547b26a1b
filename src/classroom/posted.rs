//! What is shown elsewhere than on the large screen: to those who vote, and to the teacher.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys::{Ask, Key};
use super::pane;
use super::rounds::{Device, Phase, VoteRound};
use super::show::Show;
use super::slide::Place;
use super::text::{marked, question};
use super::voting::Ballot;
use crate::lesson::{Kind, Step};
use crate::page::{Line, Role, Style};

/// What those who vote see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VoterPage {
    /// The lesson's.
    pub title: String,
    /// What is asked, where something is.
    pub question: Vec<Line>,
    /// What there is to vote for, in lines that are not broken.
    pub choices: Vec<Line>,
    /// What may be voted for now.
    pub ballot: Option<Ballot>,
    /// How far it has come.
    pub state: String,
    votes: [BTreeMap<Device, usize>; 2],
}

impl VoterPage {
    /// What a device has voted for in each round.
    pub fn votes_of(&self, device: Device) -> [Option<usize>; 2] {
        [0, 1].map(|round: usize| self.votes[round].get(&device).copied())
    }
}

/// What the teacher sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostPage {
    /// The lesson's.
    pub title: String,
    /// As `3/12`.
    pub place: String,
    /// How long the lesson has been on.
    pub elapsed: Duration,
    /// How long it may be.
    pub minutes: u64,
    /// The slide in brief.
    pub now: Vec<Line>,
    /// For whoever presents it.
    pub notes: Vec<Line>,
    /// The next slide in a line.
    pub next: String,
    /// What the first large button does: its key and its words. `None` where there is nothing to do but to go on.
    pub act: Option<(Key, &'static str)>,
    /// What the second large button says. It goes on.
    pub forward: &'static str,
    /// Each choice with its votes in both rounds, once the class has been asked.
    pub votes: Vec<(Line, [usize; 2])>,
    /// Which round is open or closed.
    pub state: String,
    /// What stands at the foot of the screen.
    pub said: Option<String>,
    /// What the buttons belong to: pressed for another state of the screen, they do nothing.
    pub seen: String,
}

/// As wide as a line of a page may be: the page breaks it.
const UNBROKEN: usize = 2_000;

/// What a phone's page is wide, in columns of a terminal.
const NARROW: usize = 48;

impl Show {
    /// What those who vote see now.
    pub fn voter_page(&self) -> VoterPage {
        let title = self.lesson().map(|lesson| lesson.about.title.clone());
        let mut page = VoterPage {
            title: title.unwrap_or_default(),
            ballot: self.ballot(),
            state: "Look at the screen. The next question comes here by itself.".to_owned(),
            ..VoterPage::default()
        };
        let Some(slide) = self.slide().filter(|slide| slide.rounds.asked()) else {
            return page;
        };
        let style = unbroken();
        page.question = self
            .step()
            .and_then(asked)
            .map_or_else(Vec::new, |asked| question(asked, &style));
        let none = Line::default();
        let choices = self.candidates().into_iter();
        page.choices = choices
            .flat_map(|choice| marked(Role::Plain, &choice.text, &style, &none, &none))
            .collect();
        page.state = match slide.rounds.phase() {
            _ if self.is_answered() => "The answer is on the screen.".to_owned(),
            Phase::Unasked => page.state,
            Phase::Open(VoteRound::First) => {
                "Round 1: vote for yourself, without talking.".to_owned()
            }
            Phase::Open(VoteRound::Second) => {
                "Round 2: vote again. You may change your mind.".to_owned()
            }
            Phase::Closed(VoteRound::First) => {
                "Round 1 is closed. Talk to your neighbours: convince each other.".to_owned()
            }
            Phase::Closed(VoteRound::Second) => {
                "Both rounds are closed. Look at the screen.".to_owned()
            }
        };
        page.votes = VoteRound::ALL.map(|round| slide.rounds.votes(round).devices().clone());
        page
    }

    /// What the teacher sees now.
    pub fn host_page(&self, now: Duration) -> HostPage {
        let Some(lesson) = self.lesson() else {
            return HostPage::default();
        };
        let style = Style {
            width: NARROW,
            ..Style::default()
        };
        let act = self.next_act();
        let forward = match () {
            () if self.cover().is_some() => "Show the slide",
            () if self.has_more_to_say() => "Show the why",
            () => "Next slide",
        };
        let mut page = HostPage {
            title: lesson.about.title.clone(),
            place: format!("{}/{}", self.place.slide, self.last()),
            elapsed: self.elapsed(now),
            minutes: lesson.about.minutes.into(),
            now: pane::words(self, &style),
            notes: pane::notes(self, &style),
            next: self.next_slide(),
            act,
            forward,
            said: self.said.clone(),
            ..HostPage::default()
        };
        if let Some(slide) = self.slide().filter(|slide| slide.rounds.asked()) {
            let rounds = VoteRound::ALL.map(|round| slide.rounds.votes(round));
            let none = Line::default();
            for (at, choice) in self.candidates().iter().enumerate() {
                let text = marked(Role::Plain, &choice.text, &unbroken(), &none, &none);
                let text = text.into_iter().next().unwrap_or_default();
                page.votes.push((text, rounds.map(|votes| votes.of(at))));
            }
            let totals = rounds.map(|votes| votes.total());
            page.state = match slide.rounds.phase() {
                Phase::Unasked => String::new(),
                Phase::Open(round) => {
                    let total = totals[round as usize];
                    format!("Round {} is open: {total} so far", round.number())
                }
                Phase::Closed(round) => {
                    let total = totals[round as usize];
                    format!("Round {} is closed: {total}", round.number())
                }
            };
        }
        let Place { lesson, slide } = self.place;
        let act = act.map_or("", |(_, act)| act);
        // Words of our own: letters and digits, which a form carries as they are.
        let words: String = [act, forward].concat().split_whitespace().collect();
        page.seen = format!("{lesson}-{slide}-{words}");
        page
    }

    /// The teacher presses a key for what was seen; `None`, where the screen has moved on since.
    pub fn press_for(&mut self, seen: &str, key: Key, now: Duration) -> Option<Ask> {
        (self.host_page(now).seen == seen).then(|| self.press(key, now))
    }

    /// What there is to do on this slide, apart from going on.
    fn next_act(&self) -> Option<(Key, &'static str)> {
        if self.cover().is_some() {
            return None;
        }
        if self.runs() {
            return Some((Key::Escape, "Stop the run"));
        }
        let ask = Key::Char('p');
        if !self.candidates().is_empty() && !self.is_answered() {
            let phase = self.slide().map(|slide| slide.rounds.phase());
            match phase.unwrap_or_default() {
                Phase::Unasked => return Some((ask, "Ask the class")),
                Phase::Open(VoteRound::First) => return Some((ask, "Close round 1")),
                Phase::Closed(VoteRound::First) => return Some((ask, "Vote again")),
                Phase::Open(VoteRound::Second) => return Some((ask, "Close round 2")),
                Phase::Closed(VoteRound::Second) => {}
            }
        }
        let revealed = self.slide().is_some_and(|slide| slide.revealed);
        match self.step().map(|step| &step.kind)? {
            Kind::Quiz(_) | Kind::Spot(_) if revealed => None,
            Kind::Quiz(_) | Kind::Spot(_) => Some((Key::Enter, "Show the answers")),
            _ if self.line().is_none() => None,
            _ if self.measured().is_some() => Some((Key::Enter, "Run it again")),
            _ => Some((Key::Enter, "Run it")),
        }
    }

    /// The next slide in a line.
    fn next_slide(&self) -> String {
        let after = self
            .lesson()
            .and_then(|lesson| lesson.steps.get(self.place.slide));
        match after {
            Some(step) => in_a_line(step),
            None => match self.lessons.get(self.place.lesson + 1) {
                Some(lesson) => format!("The next lesson: {}", lesson.about.title),
                None => "This is the last slide.".to_owned(),
            },
        }
    }
}

fn unbroken() -> Style {
    Style {
        width: UNBROKEN,
        ..Style::default()
    }
}

fn asked(step: &Step) -> Option<&str> {
    match &step.kind {
        Kind::Predict(predict) => Some(&predict.question),
        Kind::Quiz(quiz) => Some(&quiz.question),
        Kind::Spot(spot) => Some(&spot.question),
        Kind::Repair(repair) => Some(&repair.question),
        Kind::Try(a_try) => Some(&a_try.question),
        Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => None,
    }
}

fn in_a_line(step: &Step) -> String {
    let plain = |text: &str| {
        let lines = crate::page::markdown(text, &unbroken());
        let first = lines.iter().find(|line| !line.is_empty());
        first.map(Line::to_string).unwrap_or_default()
    };
    match (&step.kind, asked(step)) {
        (_, Some(question)) => format!("A question: {}", plain(question)),
        (Kind::Run(line), _) => format!("A run: asyncdemo {line}"),
        (Kind::Code(code), _) => format!("The code of {}", code.concept),
        (Kind::Prose(text), _) => plain(text),
        _ => String::new(),
    }
}
