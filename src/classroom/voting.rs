//! How the class is asked, and how it votes.

use super::export;
use super::keys::{Ask, CsvFile};
use super::rounds::{Device, Phase, VoteRound, Votes};
use super::show::{Cover, Show};
use super::slide::Place;

/// A question and its round: what a vote is for. Late votes are known by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    pub(super) place: Place,
    pub(super) round: VoteRound,
}

impl Ballot {
    /// As a form carries it.
    pub fn key(&self) -> String {
        let Place { lesson, slide } = self.place;
        format!("{lesson}-{slide}-{}", self.round.number())
    }

    /// Whether it is before the talk or after.
    pub fn round(&self) -> VoteRound {
        self.round
    }

    /// What [`Ballot::key`] has written.
    pub fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.splitn(3, '-').map(|part| part.parse::<usize>().ok());
        let (lesson, slide, number) = (parts.next()??, parts.next()??, parts.next()??);
        let round = VoteRound::ALL
            .into_iter()
            .find(|it| it.number() == number)?;
        let place = Place { lesson, slide };
        Some(Self { place, round })
    }
}

/// A device has a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Whose it is.
    pub device: Device,
    /// For which question.
    pub ballot: Ballot,
    /// Which of its choices, from 0 on.
    pub choice: usize,
}

/// Why a vote does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoteRefused {
    /// Its round is over, or another question is on the screen.
    #[error("that vote came too late: its round is closed")]
    Closed,
    /// The question has no such choice.
    #[error("there is no such answer")]
    NoSuchChoice,
    /// As many devices have voted as are heard.
    #[error("too many devices have voted in this round")]
    Full,
}

impl Show {
    /// A device votes. Its vote counts once in each round: the last one before the close does.
    ///
    /// # Errors
    /// Where it does not count.
    pub fn vote(&mut self, vote: Vote) -> Result<(), VoteRefused> {
        if self.ballot() != Some(vote.ballot) {
            return Err(VoteRefused::Closed);
        }
        if vote.choice >= self.candidates().len() {
            return Err(VoteRefused::NoSuchChoice);
        }
        let taken = self.here().rounds.vote(vote.device, vote.choice);
        if taken {
            Ok(())
        } else {
            Err(VoteRefused::Full)
        }
    }

    /// What is voted for now, if anything is.
    pub(super) fn ballot(&self) -> Option<Ballot> {
        let round = self.slide()?.rounds.open()?;
        let place = self.place;
        Some(Ballot { place, round })
    }

    /// Whether the answer is on the screen, or is about to be: who sees it votes no more.
    pub(super) fn is_answered(&self) -> bool {
        let run = self.slide().and_then(|slide| slide.own.as_ref());
        let revealed = self.slide().is_some_and(|slide| slide.revealed);
        self.runs() || revealed || run.is_some_and(|run| run.report.is_some())
    }

    /// The rounds that may be seen, and their votes.
    pub(super) fn rounds(&self) -> Vec<(VoteRound, &Votes)> {
        let Some(slide) = self.slide() else {
            return Vec::new();
        };
        let both = slide.rounds.phase() == Phase::Closed(VoteRound::Second);
        if self.veiled && !both && !self.is_answered() {
            return Vec::new();
        }
        let seen = |round| Some((round, slide.rounds.counted(round)?));
        VoteRound::ALL.into_iter().filter_map(seen).collect()
    }

    /// The next step of a question: open, close, open again, close.
    pub(super) fn ask_class(&mut self) -> Ask {
        if self.candidates().is_empty() {
            return self.say("nothing to vote for on this slide");
        }
        if self.is_answered() {
            if self.slide().is_some_and(|slide| slide.rounds.asked()) {
                return self.say("the answer is on the screen: no more votes");
            }
            self.here().rounds.show_choices();
            return Ask::Nothing;
        }
        if !self.here().rounds.advance() {
            return self.say("both rounds are closed: enter runs it, P opens the second again");
        }
        Ask::Nothing
    }

    pub(super) fn ask_back(&mut self) -> Ask {
        if self.is_answered() {
            return self.say("the answer is on the screen: no more votes");
        }
        if !self.here().rounds.retreat() {
            return self.say("p asks the room first");
        }
        Ask::Nothing
    }

    /// Closes the round that is open, if one is.
    pub(super) fn close(&mut self) {
        if self.ballot().is_some() {
            self.here().rounds.close();
        }
    }

    /// A digit for a raised hand, or one or all of them taken back.
    pub(super) fn raise(&mut self, key: char) -> Ask {
        let count = self.candidates().len();
        let rounds = &mut self.here().rounds;
        if count == 0 || !rounds.asked() {
            return self.say("p asks the room first");
        }
        if rounds.open().is_none() {
            return self.say("the round is closed: P opens it again");
        }
        match key.to_digit(10) {
            None => rounds.lower(),
            Some(0) => rounds.lower_all(),
            Some(digit) if digit as usize <= count => {
                rounds.raise(digit as usize - 1);
            }
            Some(digit) => return self.say(format!("there is no answer {digit}")),
        }
        Ask::Nothing
    }

    pub(super) fn veil(&mut self) -> Ask {
        self.veiled = !self.veiled;
        self.say(match self.veiled {
            true => "round one stays hidden until round two is closed",
            false => "round one is shown as soon as it is closed",
        })
    }

    pub(super) fn show_address(&mut self, cover: Cover) -> Ask {
        if self.addresses.is_none() {
            return self.say("nobody votes by phone: asyncdemo present --votes");
        }
        self.covers.push(cover);
        Ask::Nothing
    }

    pub(super) fn export(&mut self) -> Ask {
        let Some(lesson) = self.lesson() else {
            return Ask::Nothing;
        };
        let name = format!("votes-{}", lesson.stem());
        match export::csv(&self.lessons, &self.slides) {
            Some(csv) => Ask::Save(CsvFile { name, csv }),
            None => self.say("nobody has voted yet"),
        }
    }

    /// Says what came of something that was asked for.
    pub fn tell(&mut self, said: String) {
        self.said = Some(said);
    }
}
