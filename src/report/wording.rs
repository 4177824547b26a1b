//! The facts in words.

use std::cmp::Ordering;
use std::time::Duration;

use super::claims::{Claim, Fact};
use super::queue;
use crate::units;

/// One or two sentences that say what `strategy` has shown. The moral of a story that was `told`
/// of another strategy already is left out.
pub fn words(strategy: &str, fact: &Fact, told: bool) -> String {
    match (fact, moral(fact)) {
        (_, Some(moral)) if !told => format!("{} {moral}", figures(strategy, fact)),
        _ => figures(strategy, fact),
    }
}

/// What a learner should take away.
fn moral(fact: &Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::NeverStarted { .. } => {
            "Calling an async fn only makes a future; awaiting it runs it."
        }
        Fact::Overlapped { .. } | Fact::WaitedTogether { .. } => "Waiting needs no thread.",
        Fact::Cancelled { .. } => "Dropping a future cancels it.",
        Fact::LoopBlocked { by: Some(_), .. } => {
            "So it would be for every other request of your server."
        }
        Fact::Hidden { .. } => {
            "That is luck, not a cure: as many blockers as workers freeze everything."
        }
        Fact::LateTimeout { .. } => {
            "A timeout acts when the future inside gives the thread back, and a blocking call does not."
        }
        Fact::AtExit { lost, .. } if *lost > 0.0 => {
            "The program ended, and what was in the background ended with it, without an error."
        }
        Fact::Stopped(stopped) => stopped.moral(),
        Fact::Computed(computed) => return computed.moral(),
        Fact::Queue(fact) => return fact.moral(),
        _ => return None,
    })
}

pub(super) fn figures(strategy: &str, fact: &Fact) -> String {
    let time = |duration: &Duration| units::duration(*duration);
    match fact {
        Fact::NeverStarted { unpolled } => format!(
            "{strategy}: {} made and never awaited, and nothing in {} ran.",
            units::count(*unpolled, "future was", "futures were"),
            if *unpolled == 1 { "it" } else { "them" },
        ),
        Fact::SumOfWaits {
            wall,
            made_first: true,
            ..
        } => format!(
            "{strategy}: both futures existed from the start, yet the second did nothing until it was awaited. The waits added up to {}.",
            time(wall)
        ),
        Fact::SumOfWaits { wall, sum, .. } => {
            format!(
                "{strategy}: one at a time, so the waits added up: {} of waiting took {}.",
                time(sum),
                time(wall)
            )
        }
        Fact::Overlapped {
            wall,
            longest,
            sum,
            threads,
            busy,
        } => format!(
            "{strategy}: the waits overlapped. It took as long as the longest one ({}), not their sum ({}). {} did it, busy for {} of {}.",
            time(longest),
            time(sum),
            units::count(*threads, "thread", "threads"),
            time(busy),
            time(wall),
        ),
        Fact::WaitedTogether {
            in_flight,
            of,
            threads,
            wall,
            sum,
        } => format!(
            "{strategy}: {in_flight} of {of} waited at once, and {} served them all: {} of waiting took {}.",
            units::count(*threads, "thread", "threads"),
            time(sum),
            time(wall)
        ),
        Fact::OverlappedOn {
            width,
            what,
            wall,
            sum,
        } => {
            format!(
                "{strategy}: the waits overlapped on {width} {what}: {} of waiting took {}.",
                time(sum),
                time(wall)
            )
        }
        Fact::Cancelled { label, after } => format!(
            "{strategy}: the first error ended everything. {label} was dropped after {}, before it had finished.",
            time(after)
        ),
        Fact::Serialised {
            by,
            in_flight,
            wall,
            one_at_a_time,
        } => format!(
            "{strategy}: {in_flight} were under way at once, and yet it took {}, no faster than one after the other ({}): {by} serves one at a time.",
            time(wall),
            time(one_at_a_time)
        ),
        Fact::Dearer {
            each,
            than,
            there,
            why,
        } => {
            format!(
                "{strategy}: {} for each, where {than} needed {}: {why}.",
                time(each),
                time(there)
            )
        }
        Fact::Compared {
            wall,
            other,
            there,
            runs,
            why,
            way,
        } => {
            let runs = match runs {
                1 => "in this run".to_owned(),
                runs => format!("in the median of {runs} runs"),
            };
            let took = format!("{}, where {other} took {}", time(wall), time(there));
            match (way, why) {
                (Ordering::Greater, Some(why)) => {
                    format!("{strategy}: slower {runs}. It took {took}. {why}")
                }
                (Ordering::Greater, None) => format!("{strategy}: slower {runs}. It took {took}."),
                (Ordering::Less, _) => format!("{strategy}: quicker {runs}. It took {took}."),
                (Ordering::Equal, _) => {
                    format!("{strategy}: inconclusive. It took {took} {runs}: too close to call.")
                }
            }
        }
        Fact::TurnsCost { why, extra } => {
            format!(
                "{strategy}: the changes of turn cost another {} in all: {why}.",
                time(extra)
            )
        }
        Fact::Limited {
            limit,
            what,
            of,
            wall,
        } => format!(
            "{strategy}: of {of}, never more than {limit} were under way at once: the {what} held the rest back. It took {}.",
            time(wall)
        ),
        Fact::LoopBlocked {
            by: Some(by),
            workers,
            longest,
            missed_beats,
            total,
        } => format!(
            "{strategy}: {} for {}{}. The heartbeat was due {missed_beats} times meanwhile and could not run.",
            if *workers == 1 {
                format!("{by} held the thread")
            } else {
                format!("{by} and its like held all {workers} workers")
            },
            time(longest),
            if total > longest {
                format!(
                    " at a stretch, and the loop was deaf for {} in all",
                    time(total)
                )
            } else {
                String::new()
            },
        ),
        Fact::LoopBlocked {
            by: None, longest, ..
        } => format!(
            "{strategy}: nothing could run for {}. Something that is not tracked held the loop, or the machine was busy elsewhere.",
            time(longest)
        ),
        Fact::DeafThroughout {
            gap,
            wall,
            missed_beats,
        } => format!(
            "{strategy}: nothing else could run. For {} of {} there was no heartbeat, though it was due {missed_beats} times.",
            time(gap),
            time(wall)
        ),
        Fact::LoopBusy { tasks, longest } => format!(
            "{strategy}: {} polled for {} without a turn for anything else.",
            if *tasks == 1 {
                "one task was".to_owned()
            } else {
                format!("{tasks} tasks, one right after the other, were")
            },
            time(longest)
        ),
        Fact::LoopAwake { max_gap, wall } => format!(
            "{strategy}: the loop stayed awake. In {} the heartbeat was never more than {} apart.",
            time(wall),
            time(max_gap)
        ),
        Fact::Hidden {
            by,
            held,
            max_gap,
            workers,
        } => format!(
            "{strategy}: {by} held one worker for {}, and the heartbeat's longest gap was {}: the other {} hid it.",
            time(held),
            time(max_gap),
            if *workers == 2 {
                "worker".to_owned()
            } else {
                format!("{} workers", workers - 1)
            },
        ),
        Fact::LateTimeout { deadline, took } => {
            format!(
                "{strategy}: the timeout of {} ended after {}.",
                time(deadline),
                time(took)
            )
        }
        Fact::CountedMore {
            key,
            here,
            there,
            other,
        } => {
            format!(
                "{strategy}: {here} {}, where {other} had {there}.",
                units::spoken(key)
            )
        }
        Fact::ThreadEach {
            waits,
            threads,
            wall,
        } => format!(
            "{strategy}: {waits} waits took {}, and each held a thread that did nothing else: {threads} threads, where one is enough.",
            time(wall)
        ),
        Fact::Answered {
            before: true,
            answer,
            work,
        } => format!(
            "{strategy}: every answer came within {}, and the work, {} and more, was done afterwards.",
            time(answer),
            time(work)
        ),
        Fact::Answered { answer, work, .. } => format!(
            "{strategy}: the client waited for the work. No answer came before {}, and the work took {}.",
            time(answer),
            time(work)
        ),
        Fact::AnswerDelayed {
            label,
            took,
            quickest,
        } => format!(
            "{strategy}: the quickest answer took {}, {label} took {}: it had to wait for work that an earlier answer had left behind.",
            time(quickest),
            time(took)
        ),
        Fact::AtExit { lost, of } if *lost > 0.0 => {
            format!("{strategy}: {lost} of {of} were never done.")
        }
        Fact::AtExit { of, .. } => {
            format!("{strategy}: all {of} were done before the program ended.")
        }
        Fact::Others { wait, served: true } => format!(
            "{strategy}: meanwhile others were served. A /ping, asked for every 10 ms, never waited longer than {}.",
            time(wait)
        ),
        Fact::Others { wait, .. } => format!(
            "{strategy}: others had to wait, too. A /ping, which needs no time of its own, waited for {}.",
            time(wait)
        ),
        Fact::AllThere { found } => {
            format!("{strategy}: counted at the end, every new row is there: {found} of {found}.")
        }
        Fact::OtherCount { found, expected } if found > expected => format!(
            "{strategy}: inconclusive. {found} new rows were counted at the end, and {expected} were written: someone else writes, too."
        ),
        Fact::OtherCount { found, expected } => {
            format!(
                "{strategy}: inconclusive. Of {expected} rows that were written, {found} were there at the end."
            )
        }
        Fact::Stopped(stopped) => stopped.figures(strategy),
        Fact::Computed(computed) => computed.figures(strategy),
        Fact::Queue(fact) => fact.figures(strategy),
        Fact::Scaled(scaled) => scaled.figures(strategy),
        Fact::Inconclusive {
            claim,
            wall,
            ideal,
            in_flight,
            max_gap,
        } => {
            let mut figures = vec![format!("took {}", time(wall))];
            figures.extend(ideal.map(|ideal| format!("ideal {}", time(&ideal))));
            figures.push(format!(
                "at most {} under way at once",
                units::whole(*in_flight)
            ));
            figures.extend(max_gap.map(|gap| format!("longest heartbeat gap {}", time(&gap))));
            format!(
                "{strategy}: inconclusive. Expected {}, but it {}.",
                expected(*claim),
                figures.join(", ")
            )
        }
    }
}

fn expected(claim: Claim) -> String {
    match claim {
        Claim::NeverStarted => "that no future was polled".into(),
        Claim::OneAfterTheOther | Claim::MadeIsNotStarted => {
            "the sum of the waits, one at a time".into()
        }
        Claim::Overlapped => "the longest wait, all at once".into(),
        Claim::WaitTogether => "most of them waiting at once".into(),
        Claim::OverlappedOn(width, what) => format!("{width} waits at once, on as many {what}"),
        Claim::ErrorCancels => "that the error cancels what has not finished".into(),
        Claim::SerialisedBy(by) => format!("that {by} makes them take turns"),
        Claim::Dearer(than, _) => format!("that each takes longer than with {than}"),
        Claim::ComparedWith(other, _) => format!("to be compared with {other}"),
        Claim::TurnsCost(_) => "that taking turns costs time".into(),
        Claim::LimitedTo(limit, what) => format!("at most {limit} at once for the {what}"),
        Claim::BlocksTheLoop => "that the loop is blocked".into(),
        Claim::DeafThroughout => "no heartbeat from the beginning to the end".into(),
        Claim::KeepsTheLoopAwake => "that the loop stays awake".into(),
        Claim::HidesBehindAnotherWorker => "that another worker hides the blocked one".into(),
        Claim::TimeoutIsLate(_) => "that the timeout is late".into(),
        Claim::CountsMore(key, other) => format!("more {} than {other}", units::spoken(key)),
        Claim::ThreadEach => "a thread for each wait".into(),
        Claim::AnswersAfter(answers, work) => format!("that each {answers} waits for its {work}"),
        Claim::AnswersBefore(answers, work) => {
            format!("that each {answers} ends before its {work}")
        }
        Claim::DelaysTheNextAnswer(answers, work) => {
            format!("that a {answers} waits for an earlier {work}")
        }
        Claim::LostAtExit(..) => "that work is lost at the exit".into(),
        Claim::DrainedAtExit(..) => "that no work is lost at the exit".into(),
        Claim::OthersAreServed(..) => "that other requests are served meanwhile".into(),
        Claim::OthersWait(..) => "that other requests have to wait".into(),
        Claim::NothingLost(..) => "that every row is there".into(),
        Claim::Stops(claim) => claim.expected(),
        Claim::Computes(claim) => claim.expected(),
        Claim::Queue(claim) => queue::expected(claim),
        Claim::Scales(claim) => claim.expected(),
    }
}
