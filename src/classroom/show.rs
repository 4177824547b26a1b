//! What is on the screen, and what a key does to it. No terminal, no clock, no run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ballot::{Candidate, candidates};
use super::code::CameraCode;
use super::keys::{Ask, Key, RunRequest};
use super::knob;
use super::slide::{News, Place, Slide, SlideRun};
use super::theme::Theme;
use crate::lab::Trust;
use crate::lesson::{Kind, Lesson, Step};
use crate::page::Language;
use crate::report::Report;

/// The whole show.
pub struct Show {
    pub(super) lessons: Vec<Lesson>,
    pub(super) trust: Trust,
    pub(super) place: Place,
    pub(super) slides: BTreeMap<Place, Slide>,
    pub(super) running: Option<(u64, Place)>,
    count: u64,
    pub(super) theme: Theme,
    pub(super) code: Option<Language>,
    pub(super) axis: bool,
    pub(super) notes: bool,
    pub(super) timer: bool,
    /// What hides the slide, the last one on top.
    pub(super) covers: Vec<Cover>,
    /// Where devices vote, if they may.
    pub(super) addresses: Option<Addresses>,
    /// The same for a camera: for the class, and for the teacher.
    pub(super) codes: [Option<CameraCode>; 2],
    /// Whether round one stays hidden until round two is closed.
    pub(super) veiled: bool,
    pub(super) scroll: usize,
    pub(super) said: Option<String>,
    /// When the lesson was begun.
    pub(super) begun: Duration,
}

/// What may hide a slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// Nothing to see.
    Blank,
    /// What the keys do.
    Keys,
    /// Where the class votes.
    Join,
    /// Where the teacher's page is: not for the class.
    Host,
}

/// Where devices vote, and where the teacher's page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// What a phone opens.
    pub join: String,
    /// What the teacher opens.
    pub host: String,
    /// What listens there, and how to choose otherwise.
    pub about: String,
}

impl Show {
    /// From the title of the lesson at `first` on.
    pub fn new(lessons: Vec<Lesson>, first: usize, theme: Theme, trust: Trust) -> Self {
        Self {
            place: Place {
                lesson: first.min(lessons.len().saturating_sub(1)),
                slide: 0,
            },
            lessons,
            trust,
            slides: BTreeMap::new(),
            running: None,
            count: 0,
            theme,
            code: None,
            axis: false,
            notes: false,
            timer: false,
            covers: Vec::new(),
            addresses: None,
            codes: [None, None],
            veiled: false,
            scroll: 0,
            said: None,
            begun: Duration::ZERO,
        }
    }

    /// Also with votes from devices: it begins with where the teacher's page is, and where the class votes.
    #[must_use]
    pub fn with_votes(mut self, addresses: Addresses) -> Self {
        self.codes = [&addresses.join, &addresses.host].map(|address| CameraCode::of(address));
        self.addresses = Some(addresses);
        self.covers = vec![Cover::Join, Cover::Host];
        self
    }

    /// What hides the slide now.
    pub(super) fn cover(&self) -> Option<Cover> {
        self.covers.last().copied()
    }

    pub(super) fn lesson(&self) -> Option<&Lesson> {
        self.lessons.get(self.place.lesson)
    }

    /// `None` on the title.
    pub(super) fn step(&self) -> Option<&Step> {
        self.lesson()?.steps.get(self.place.slide.checked_sub(1)?)
    }

    pub(super) fn slide(&self) -> Option<&Slide> {
        self.slides.get(&self.place)
    }

    /// The last slide of this lesson.
    pub(super) fn last(&self) -> usize {
        self.lesson().map_or(0, |lesson| lesson.steps.len())
    }

    pub(super) fn candidates(&self) -> Vec<Candidate> {
        self.step()
            .map(|step| candidates(&step.kind))
            .unwrap_or_default()
    }

    /// How long this lesson has been on.
    pub(super) fn elapsed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.begun)
    }

    /// Whether something runs on this slide.
    pub(super) fn runs(&self) -> bool {
        self.running.is_some_and(|(_, place)| place == self.place)
    }

    /// The line of this slide as its knobs stand.
    pub(super) fn line(&self) -> Option<String> {
        let turned = self.slide().and_then(|slide| slide.turned.as_ref());
        match turned {
            Some(turned) => Some(turned.line.clone()),
            None => match &self.step()?.kind {
                Kind::Repair(repair) => Some(self.favourite(repair)?.run.clone()),
                _ => self.step()?.command(),
            },
        }
    }

    /// The run whose picture is shown.
    pub(super) fn run(&self) -> Option<&SlideRun> {
        let slide = self.slide()?;
        match self.axis {
            // One that has several strategies can be put on one axis as it is.
            true => slide.all.as_ref().or(slide.own.as_ref()),
            false => slide.own.as_ref(),
        }
    }

    pub(super) fn here(&mut self) -> &mut Slide {
        self.slides.entry(self.place).or_default()
    }

    pub(super) fn say(&mut self, said: impl Into<String>) -> Ask {
        self.said = Some(said.into());
        Ask::Nothing
    }

    /// Somebody presses a key; `now` is the time since the show began.
    pub fn press(&mut self, key: Key, now: Duration) -> Ask {
        self.said = None;
        match key {
            Key::Interrupt => return Ask::Interrupt,
            Key::Suspend => return Ask::Suspend,
            // Whatever is pressed lifts the curtain.
            _ if self.cover() == Some(Cover::Blank) => drop(self.covers.pop()),
            Key::Char('q') => return Ask::Quit,
            _ if self.covers.pop().is_some() => {}
            Key::Next | Key::Char(' ') if self.has_more_to_say() => {
                self.here().explained = true;
                (self.scroll, self.code) = (0, None);
            }
            Key::Next | Key::Char(' ') => return self.go(1, now),
            Key::Back | Key::Char('b') => return self.go(-1, now),
            Key::Home => return self.jump(0, now),
            Key::End => return self.jump(self.last(), now),
            Key::Up => self.scroll = self.scroll.saturating_sub(1),
            // Where it ends, whoever draws it knows.
            Key::Down => self.scroll += 1,
            Key::Enter => return self.enter(),
            Key::Escape => return self.escape(),
            Key::Char(ch) => return self.character(ch),
        }
        Ask::Nothing
    }

    fn character(&mut self, ch: char) -> Ask {
        match ch {
            'r' => return self.enter(),
            'p' => return self.ask_class(),
            'P' => return self.ask_back(),
            '1'..='9' | '0' | 'u' => return self.raise(ch),
            'v' => return self.veil(),
            'w' => return self.show_address(Cover::Join),
            'W' => return self.show_address(Cover::Host),
            'e' => return self.export(),
            '+' | '=' => return self.turn(true),
            '-' => return self.turn(false),
            's' => {
                if self.line().is_none() {
                    return self.say("nothing runs on this slide");
                }
                self.axis = !self.axis;
            }
            'c' => return self.show(Language::Rust),
            'y' => return self.show(Language::Python),
            'n' if self.addresses.is_some() => {
                return self.say("the notes are on the teacher's page: W shows its address");
            }
            'n' => self.notes = !self.notes,
            't' => self.timer = !self.timer,
            'l' => self.theme = self.theme.other(),
            '.' => self.covers.push(Cover::Blank),
            '?' => self.covers.push(Cover::Keys),
            other => return self.say(format!("`{other}` does nothing here: ? shows the keys")),
        }
        Ask::Nothing
    }

    fn show(&mut self, language: Language) -> Ask {
        self.code = Some(language).filter(|_| self.code != Some(language));
        self.scroll = 0;
        Ask::Nothing
    }

    fn escape(&mut self) -> Ask {
        if self.runs() {
            self.said = Some("stopping".to_owned());
            return Ask::Stop;
        }
        (self.axis, self.code) = (false, None);
        Ask::Nothing
    }

    fn enter(&mut self) -> Ask {
        if self.runs() {
            return self.say("it runs: esc stops it");
        }
        // Whoever sees the answer votes no more.
        self.close();
        if let Some(Kind::Quiz(_) | Kind::Spot(_)) = self.step().map(|step| &step.kind) {
            let slide = self.here();
            slide.revealed = !slide.revealed;
            return Ask::Nothing;
        }
        let Some(own) = self.line() else {
            return self.say("nothing runs on this slide");
        };
        let all = knob::of_all_strategies(&own).filter(|_| self.axis);
        self.start(&own, all.as_deref(), 0)
    }

    /// Runs `own`, or `all` in its place, after so many runs that were disturbed.
    fn start(&mut self, own: &str, all: Option<&str>, disturbed: usize) -> Ask {
        let line = all.unwrap_or(own).to_owned();
        let Some(name) = self.recording(all.is_some()) else {
            return Ask::Nothing;
        };
        self.count += 1;
        let number = self.count;
        self.running = Some((number, self.place));
        let mut run = SlideRun::new(number, &line);
        run.disturbed = disturbed;
        let slide = self.here();
        slide.explained = false;
        match all {
            Some(_) => slide.all = Some(run),
            None => slide.own = Some(run),
        }
        self.scroll = 0;
        let concept = line.split_whitespace().next().unwrap_or_default();
        Ask::Run(RunRequest {
            number,
            concept: concept.to_owned(),
            line,
            name,
        })
    }

    /// A run has something to tell. What it asks for is another run, where this one was disturbed.
    pub fn hear(&mut self, number: u64, news: News) -> Ask {
        let Some((_, place)) = self.running.filter(|(running, _)| *running == number) else {
            // Of a slide that was left.
            return Ask::Nothing;
        };
        let slide = self.slides.get_mut(&place);
        let Some(run) = slide.and_then(|slide| slide.run_mut(number)) else {
            return Ask::Nothing;
        };
        let (over, remark) = run.take(news);
        if let Some(remark) = remark {
            self.said = Some(remark);
        }
        if !over {
            return Ask::Nothing;
        }
        if run.disturbed > 0 {
            // That it runs again is no news any more.
            self.said = None;
        }
        self.running = None;
        self.again(number)
    }

    /// What a room has predicted is not judged by a run that was disturbed, if another can be had.
    fn again(&mut self, number: u64) -> Ask {
        let Some(Kind::Predict(predict)) = self.step().map(|step| &step.kind) else {
            return Ask::Nothing;
        };
        let own = self.slide().and_then(|slide| slide.own.as_ref());
        let own = own.filter(|run| run.number == number);
        let Some((runs, said)) = own.and_then(|run| run.wants_another(predict)) else {
            return Ask::Nothing;
        };
        let line = predict.run.clone();
        let ask = self.start(&line, None, runs);
        self.said = Some(said);
        ask
    }

    /// The report that the line of this slide has made, as its knobs stand now.
    pub(super) fn measured(&self) -> Option<&Report> {
        self.slide()?.measured(&self.line()?)
    }

    /// Why the measurement is what it is: nothing, where there is none, or other knobs made it.
    pub(super) fn why(&self) -> Option<&str> {
        self.measured()?;
        match &self.step()?.kind {
            Kind::Predict(predict) if self.as_written() => Some(&predict.why),
            Kind::Try(a_try) => Some(&a_try.why),
            Kind::Repair(_) => {
                let (repair, at) = self.mending()?;
                Some(&repair.choices[at].why)
            }
            _ => None,
        }
    }

    /// Whether a result is on the slide, and its why is not.
    pub(super) fn has_more_to_say(&self) -> bool {
        let explained = self.slide().is_some_and(|slide| slide.explained);
        self.why().is_some() && !explained && !self.runs()
    }

    /// Whether the line of this slide is the lesson's own.
    pub(super) fn as_written(&self) -> bool {
        self.line() == self.step().and_then(Step::command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::rounds::VoteRound;
    use crate::lesson::parse;
    use crate::report::Report;

    const LESSON: &str = r#"
```toml lesson
title = "T"
question = "Q?"
concept = "gather"
minutes = 5
belief = "B."
```

Words.

```toml predict
question = "How long?"
run = "gather --strategy join"
value = "join.wall_s"
unit = "time"
answer = "2s"
tolerance = 10
why = "w"
```

```toml try
question = "What if?"
run = "gather"
knob = "--fail-at"
suggest = "100ms"
value = "join.wall_s"
unit = "time"
why = "w"
```
"#;

    fn show() -> Show {
        let lessons = ["01-a.md", "02-b.md"].map(|file| parse(file, LESSON).unwrap());
        Show::new(lessons.to_vec(), 0, Theme::Dark, Trust::Own)
    }

    /// What the last of the keys asks for.
    fn press(show: &mut Show, keys: &str) -> Ask {
        keys.chars().fold(Ask::Nothing, |_, ch| {
            let key = if ch == '\n' {
                Key::Enter
            } else {
                Key::Char(ch)
            };
            show.press(key, Duration::from_secs(7))
        })
    }

    fn job(ask: Ask) -> RunRequest {
        match ask {
            Ask::Run(job) => job,
            other => unreachable!("{other:?}"),
        }
    }

    fn report() -> Box<Report> {
        Box::new(serde_json::from_str(include_str!("../../examples/gather.json")).unwrap())
    }

    #[test]
    fn the_slides_of_all_lessons_follow_each_other() {
        let mut show = show();
        press(&mut show, "    ");
        assert_eq!((show.place.lesson, show.place.slide), (1, 0));
        assert_eq!(show.elapsed(Duration::from_secs(9)), Duration::from_secs(2));
        press(&mut show, "        ");
        assert_eq!((show.place.lesson, show.place.slide), (1, 3));
        assert!(show.said.as_deref().unwrap().contains("last slide"));
        press(&mut show, "bbbb");
        assert_eq!((show.place.lesson, show.place.slide), (0, 3));
        press(&mut show, "bbbbbb");
        assert_eq!((show.place.lesson, show.place.slide), (0, 0));
    }

    #[test]
    fn hands_are_counted_where_the_room_was_asked() {
        let mut show = show();
        press(&mut show, "1p");
        assert!(
            show.said
                .as_deref()
                .unwrap()
                .contains("nothing to vote for")
        );
        press(&mut show, "  1p2221u");
        let slide = show.slide().unwrap();
        let votes = slide.rounds.votes(VoteRound::First);
        assert_eq!((votes.of(0), votes.of(1)), (0, 3));
        // Whoever leaves the slide closes the round, and can open it again.
        press(&mut show, " b0");
        let total = |show: &Show| show.slide().unwrap().rounds.votes(VoteRound::First).total();
        assert_eq!(total(&show), 3);
        press(&mut show, "P0");
        assert_eq!(total(&show), 0);
    }

    #[test]
    fn a_run_is_heard_on_its_slide_and_nowhere_else() {
        let mut show = show();
        let first = job(press(&mut show, "  \n"));
        assert_eq!(first.line, "gather --strategy join");
        assert_eq!(
            (first.name.as_str(), first.concept.as_str()),
            ("01-a-02", "gather")
        );
        assert_eq!(press(&mut show, "\n"), Ask::Nothing);
        // Another slide: it stops, and what it still has to tell is of no interest.
        assert_eq!(press(&mut show, " "), Ask::Stop);
        show.hear(first.number, News::Over(report()));
        press(&mut show, "b");
        assert!(show.run().is_none());
        let second = job(press(&mut show, "r"));
        show.hear(first.number, News::Over(report()));
        assert!(show.runs());
        show.hear(second.number, News::Over(report()));
        assert!(!show.runs() && show.run().unwrap().report.is_some());
    }

    #[test]
    fn the_result_comes_first_and_its_why_is_the_next_key() {
        let mut show = show();
        let run = job(press(&mut show, "  n\n"));
        assert!(!show.has_more_to_say() && show.notes);
        show.hear(run.number, News::Over(report()));
        assert!(show.has_more_to_say());
        let here = show.place;
        press(&mut show, " ");
        assert!(show.place == here && show.slide().unwrap().explained);
        press(&mut show, " ");
        assert_eq!(show.place.slide, here.slide + 1);
        // What only the presenter should see does not come along.
        assert!(!show.notes);
        press(&mut show, "b");
        assert!(!show.has_more_to_say());
        // Run again, it is asked again.
        let run = job(press(&mut show, "r"));
        show.hear(run.number, News::Over(report()));
        assert!(show.has_more_to_say());
    }

    #[test]
    fn what_is_recorded_in_place_of_a_failure_says_so() {
        let mut show = show();
        let job = job(press(&mut show, "  \n"));
        show.hear(job.number, News::Rescued(report(), "no disk".to_owned()));
        let run = show.run().unwrap();
        assert_eq!(
            run.origin,
            crate::classroom::slide::Origin::Rescue("no disk".to_owned())
        );
        assert!(run.report.is_some() && !show.runs());
    }

    #[test]
    fn a_knob_is_turned_as_far_as_it_goes() {
        let mut show = show();
        let turned = job(press(&mut show, "  +\n"));
        assert_eq!(turned.line, "gather --strategy join --delays 2s,4s");
        assert_eq!(turned.name, "01-a-02-delays-2s-4s");
        assert_eq!(press(&mut show, " "), Ask::Stop);
        // Its own knob, where something is to be tried.
        assert_eq!(job(press(&mut show, "+\n")).line, "gather --fail-at 200ms");
        press(&mut show, "b");
        press(&mut show, &"+".repeat(80));
        let said = show.said.as_deref().unwrap_or_default();
        assert!(said.ends_with("must be from 1ms to 1m"), "{said}");
        press(&mut show, &"-".repeat(80));
        assert_eq!(show.said.as_deref(), Some("as small as it gets"));
    }

    #[test]
    fn all_strategies_have_a_run_of_their_own() {
        let mut show = show();
        let all = job(press(&mut show, "  s\n"));
        assert_eq!(
            (all.line.as_str(), all.name.as_str()),
            ("gather", "01-a-02-all")
        );
    }

    #[test]
    fn a_curtain_is_lifted_by_any_key_and_ctrl_c_goes_through_it() {
        let mut show = show();
        assert_eq!(press(&mut show, ".q"), Ask::Nothing);
        assert_eq!(press(&mut show, "?."), Ask::Nothing);
        assert!(show.covers.is_empty());
        press(&mut show, ".");
        assert_eq!(show.press(Key::Interrupt, Duration::ZERO), Ask::Interrupt);
        assert_eq!(press(&mut show, "xlq"), Ask::Quit);
        assert_eq!(show.theme, Theme::Light);
    }
}
