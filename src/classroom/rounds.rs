//! Two rounds of votes: the class votes, talks, and votes again. By raised hands that are counted here, or from devices
//! that vote for themselves.

use std::collections::BTreeMap;

/// One of those that vote for themselves: a phone, for one. Whoever hands the numbers out sees to it that nobody guesses
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device(pub u128);

/// So many devices are heard in a round: the largest lecture hall has fewer seats.
pub const MOST_DEVICES: usize = 2_000;

/// Nobody counts so many hands; a key that is stuck does.
const MOST_HANDS: usize = 9_999;

/// Before the class has talked about it, or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoteRound {
    /// Everybody for themselves.
    First,
    /// After they have talked.
    Second,
}

impl VoteRound {
    /// In order.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// As it is counted: 1 or 2.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// How far a question has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The class has not been asked.
    #[default]
    Unasked,
    /// Votes are taken, and nobody sees them.
    Open(VoteRound),
    /// They are taken no more.
    Closed(VoteRound),
}

/// The votes of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Votes {
    /// In the order in which they were counted.
    hands: Vec<usize>,
    /// Of each device the last one: it may change its mind while the round is open.
    devices: BTreeMap<Device, usize>,
}

impl Votes {
    pub(super) fn hands(&self, candidate: usize) -> usize {
        self.hands.iter().filter(|vote| **vote == candidate).count()
    }

    pub(super) fn of_devices(&self, candidate: usize) -> usize {
        let votes = self.devices.values();
        votes.filter(|vote| **vote == candidate).count()
    }

    pub(super) fn of(&self, candidate: usize) -> usize {
        self.hands(candidate) + self.of_devices(candidate)
    }

    pub(super) fn total(&self) -> usize {
        self.hands.len() + self.devices.len()
    }

    /// By device: what it has voted for.
    pub(super) fn devices(&self) -> &BTreeMap<Device, usize> {
        &self.devices
    }

    /// So many of them, as they are called: hands, where no device has voted.
    pub(super) fn counted(&self, count: usize) -> String {
        let kind = if self.devices.is_empty() {
            "hand"
        } else {
            "vote"
        };
        let end = if count == 1 { "" } else { "s" };
        format!("{count} {kind}{end}")
    }
}

/// What has been asked on a slide, and what the class has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TwoRounds {
    phase: Phase,
    rounds: [Votes; 2],
}

impl TwoRounds {
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the choices are shown.
    pub(super) fn asked(&self) -> bool {
        self.phase != Phase::Unasked
    }

    /// The round in which votes are taken now.
    pub(super) fn open(&self) -> Option<VoteRound> {
        match self.phase {
            Phase::Open(round) => Some(round),
            _ => None,
        }
    }

    /// Opens a round, or closes the one that is open. False where both are over.
    pub(super) fn advance(&mut self) -> bool {
        self.phase = match self.phase {
            Phase::Unasked => Phase::Open(VoteRound::First),
            Phase::Open(round) => Phase::Closed(round),
            Phase::Closed(VoteRound::First) => Phase::Open(VoteRound::Second),
            Phase::Closed(VoteRound::Second) => return false,
        };
        true
    }

    /// Takes the last [`TwoRounds::advance`] back. No vote is lost by it. False where there was none.
    pub(super) fn retreat(&mut self) -> bool {
        self.phase = match self.phase {
            Phase::Unasked => return false,
            Phase::Open(VoteRound::First) => Phase::Unasked,
            Phase::Open(VoteRound::Second) => Phase::Closed(VoteRound::First),
            Phase::Closed(round) => Phase::Open(round),
        };
        true
    }

    /// Takes no more votes in the round that is open. Whether one was.
    pub(super) fn close(&mut self) -> bool {
        self.open().is_some() && self.advance()
    }

    /// Shows the choices of a question that is answered already: there is nothing to vote for any more.
    pub(super) fn show_choices(&mut self) {
        if self.phase == Phase::Unasked {
            self.phase = Phase::Closed(VoteRound::First);
        }
    }

    fn taken(&mut self) -> Option<&mut Votes> {
        let round = self.open()?;
        Some(&mut self.rounds[round as usize])
    }

    /// A raised hand. How many there are for this candidate now; `None` where no round is open.
    pub(super) fn raise(&mut self, candidate: usize) -> Option<usize> {
        let votes = self.taken()?;
        if votes.hands.len() < MOST_HANDS {
            votes.hands.push(candidate);
        }
        Some(votes.hands(candidate))
    }

    /// Takes the last hand of the open round back.
    pub(super) fn lower(&mut self) {
        if let Some(votes) = self.taken() {
            votes.hands.pop();
        }
    }

    /// Takes all hands of the open round back. What devices have voted stays: it is theirs.
    pub(super) fn lower_all(&mut self) {
        if let Some(votes) = self.taken() {
            votes.hands.clear();
        }
    }

    /// A device votes in the open round, in place of what it has voted there before. False where too many have.
    pub(super) fn vote(&mut self, device: Device, candidate: usize) -> bool {
        let Some(votes) = self.taken() else {
            return false;
        };
        if votes.devices.len() >= MOST_DEVICES && !votes.devices.contains_key(&device) {
            return false;
        }
        votes.devices.insert(device, candidate);
        true
    }

    /// The votes of a round, however far it has come.
    pub(super) fn votes(&self, round: VoteRound) -> &Votes {
        &self.rounds[round as usize]
    }

    /// The votes of a round that is closed and in which somebody has voted.
    pub(super) fn counted(&self, round: VoteRound) -> Option<&Votes> {
        let over = match self.phase {
            Phase::Unasked => false,
            Phase::Open(open) => round < open,
            Phase::Closed(closed) => round <= closed,
        };
        Some(self.votes(round)).filter(|votes| over && votes.total() > 0)
    }

    /// What the class has said in the end: in the last round in which somebody has.
    pub(super) fn last_counted(&self) -> Option<&Votes> {
        let mut rounds = VoteRound::ALL.into_iter().rev();
        rounds.find_map(|round| self.counted(round))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hands_are_counted_and_taken_back() {
        let mut rounds = TwoRounds::default();
        assert_eq!(rounds.raise(0), None);
        rounds.advance();
        rounds.lower();
        for candidate in [0, 1, 1, 8] {
            rounds.raise(candidate);
        }
        rounds.lower();
        rounds.advance();
        let votes = rounds.counted(VoteRound::First).unwrap();
        assert_eq!(
            (votes.of(0), votes.of(1), votes.of(8), votes.total()),
            (1, 2, 0, 3)
        );
        // Closed, they are no longer taken back.
        rounds.lower_all();
        assert_eq!(rounds.last_counted().unwrap().total(), 3);
    }

    #[test]
    fn a_round_is_secret_until_it_is_closed() {
        let mut rounds = TwoRounds::default();
        rounds.advance();
        rounds.vote(Device(1), 0);
        assert!(rounds.counted(VoteRound::First).is_none() && rounds.last_counted().is_none());
        rounds.advance();
        assert_eq!(rounds.counted(VoteRound::First).unwrap().of(0), 1);
        rounds.advance();
        rounds.vote(Device(1), 1);
        assert!(rounds.counted(VoteRound::Second).is_none());
        assert_eq!(rounds.last_counted().unwrap().of(0), 1);
        rounds.advance();
        assert_eq!(rounds.last_counted().unwrap().of(1), 1);
        assert!(!rounds.advance());
    }

    #[test]
    fn a_round_that_was_closed_too_early_is_opened_again_and_loses_nothing() {
        let mut rounds = TwoRounds::default();
        rounds.advance();
        rounds.vote(Device(1), 0);
        rounds.raise(1);
        rounds.advance();
        assert!(rounds.retreat());
        rounds.vote(Device(2), 0);
        rounds.advance();
        let votes = rounds.counted(VoteRound::First).unwrap();
        assert_eq!(
            (votes.of(0), votes.of(1), &*votes.counted(1)),
            (2, 1, "1 vote")
        );
    }

    #[test]
    fn no_more_devices_are_heard_than_fit_into_a_hall_and_those_that_are_may_change_their_mind() {
        let mut rounds = TwoRounds::default();
        rounds.advance();
        for device in 0..MOST_DEVICES as u128 {
            assert!(rounds.vote(Device(device), 0));
        }
        assert!(!rounds.vote(Device(u128::MAX), 0));
        assert!(rounds.vote(Device(7), 1));
        rounds.close();
        let votes = rounds.last_counted().unwrap();
        assert_eq!((votes.total(), votes.of(1)), (MOST_DEVICES, 1));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Advance,
        Retreat,
        Close,
        Raise(usize),
        Lower,
        LowerAll,
        Vote(u128, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => Just(Step::Advance),
            1 => Just(Step::Retreat),
            1 => Just(Step::Close),
            4 => (0_usize..4).prop_map(Step::Raise),
            1 => Just(Step::Lower),
            1 => Just(Step::LowerAll),
            12 => (0_u128..6, 0_usize..4).prop_map(|(device, vote)| Step::Vote(device, vote)),
        ]
    }

    proptest! {
        /// Whatever is pressed and voted, in whatever order: none lost, none counted twice, none after the close.
        #[test]
        fn each_device_counts_once_in_each_round(steps in prop::collection::vec(step(), 0..80)) {
            let mut rounds = TwoRounds::default();
            // What each device voted last, while the round was open; and how many hands are up.
            let mut said = [BTreeMap::new(), BTreeMap::new()];
            let mut hands = [Vec::new(), Vec::new()];
            for step in steps {
                let open = rounds.open().map(|round| round as usize);
                let before = rounds.clone();
                match step {
                    Step::Advance => drop(rounds.advance()),
                    Step::Retreat => drop(rounds.retreat()),
                    Step::Close => prop_assert_eq!(rounds.close(), open.is_some()),
                    Step::Raise(vote) => {
                        rounds.raise(vote);
                        open.inspect(|open| hands[*open].push(vote));
                    }
                    Step::Lower => {
                        rounds.lower();
                        open.map(|open| hands[open].pop());
                    }
                    Step::LowerAll => {
                        rounds.lower_all();
                        open.inspect(|open| hands[*open].clear());
                    }
                    Step::Vote(device, vote) => {
                        prop_assert_eq!(rounds.vote(Device(device), vote), open.is_some());
                        open.map(|open| said[open].insert(device, vote));
                        if open.is_none() {
                            prop_assert_eq!(&rounds, &before);
                        }
                    }
                }
                for round in VoteRound::ALL {
                    let votes = rounds.votes(round);
                    let (said, hands) = (&said[round as usize], &hands[round as usize]);
                    prop_assert_eq!(votes.total(), said.len() + hands.len());
                    for candidate in 0..4 {
                        let devices = said.values().filter(|vote| **vote == candidate).count();
                        let raised = hands.iter().filter(|vote| **vote == candidate).count();
                        prop_assert_eq!(votes.of(candidate), devices + raised);
                    }
                    if rounds.open() == Some(round) {
                        prop_assert_eq!(rounds.counted(round), None);
                    }
                }
                let devices: BTreeSet<_> = rounds.votes(VoteRound::First).devices().keys().collect();
                prop_assert!(devices.len() <= 6);
            }
        }
    }
}
