//! The facts in so few words that a cell of a table holds them.

use std::cmp::Ordering;
use std::time::Duration;

use super::claims::Fact;
use super::wording::figures;
use crate::units;

/// What `strategy` has shown, without its name: the figures that decide. A fact for which there are no
/// short words is told by the first sentence of the long ones.
pub fn short(strategy: &str, fact: &Fact) -> String {
    let time = |duration: &Duration| units::duration(*duration);
    match fact {
        Fact::NeverStarted { unpolled } => {
            format!(
                "{} made, none began",
                units::count(*unpolled, "future", "futures")
            )
        }
        Fact::SumOfWaits { wall, sum, .. } => {
            format!("{} of waiting took {}", time(sum), time(wall))
        }
        Fact::Overlapped {
            wall, sum, threads, ..
        } => format!(
            "{} of waiting took {}, on {}",
            time(sum),
            time(wall),
            units::count(*threads, "thread", "threads")
        ),
        Fact::OverlappedOn {
            width, wall, sum, ..
        } => {
            format!(
                "{} of waiting took {}, {width} at once",
                time(sum),
                time(wall)
            )
        }
        Fact::Serialised {
            in_flight,
            wall,
            one_at_a_time,
            ..
        } => format!(
            "{in_flight} at once took {}, one by one {}",
            time(wall),
            time(one_at_a_time)
        ),
        Fact::LoopBlocked {
            longest,
            missed_beats,
            ..
        } => {
            format!(
                "nothing else ran for {}: {missed_beats} heartbeats missed",
                time(longest)
            )
        }
        Fact::Compared {
            wall,
            other,
            there,
            way,
            ..
        } => {
            let how = match way {
                Ordering::Greater => "slower",
                Ordering::Less => "quicker",
                Ordering::Equal => "inconclusive",
            };
            format!("{how}: {}, {other} {}", time(wall), time(there))
        }
        Fact::LateTimeout { deadline, took } => {
            format!("a timeout of {} ended after {}", time(deadline), time(took))
        }
        Fact::AtExit { lost, of } if *lost > 0.0 => {
            format!("{lost} of {of} never done, and no error")
        }
        Fact::Inconclusive {
            wall,
            ideal,
            max_gap,
            ..
        } => {
            let mut figures = vec![format!("inconclusive: took {}", time(wall))];
            figures.extend(ideal.map(|ideal| format!("ideal {}", time(&ideal))));
            figures.extend(max_gap.map(|gap| format!("longest heartbeat gap {}", time(&gap))));
            figures.join(", ")
        }
        _ => {
            let told = figures(strategy, fact);
            let bare = told.strip_prefix(&format!("{strategy}: ")).unwrap_or(&told);
            let first = bare.split_once(". ").map_or(bare, |(first, _)| first);
            first.trim_end_matches('.').to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Claim;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_figures_that_decide_are_there() {
        let overlapped = Fact::Overlapped {
            wall: ms(1001),
            longest: ms(1001),
            sum: ms(1502),
            threads: 1,
            busy: ms(1),
        };
        assert_eq!(
            short("join", &overlapped),
            "1.502 s of waiting took 1.001 s, on 1 thread"
        );
        let lost = Fact::AtExit { lost: 3.0, of: 3.0 };
        assert_eq!(short("lost", &lost), "3 of 3 never done, and no error");
        let blocked = Fact::LoopBlocked {
            by: None,
            workers: 1,
            longest: ms(300),
            total: ms(300),
            missed_beats: 30,
        };
        assert_eq!(
            short("x", &blocked),
            "nothing else ran for 300 ms: 30 heartbeats missed"
        );
    }

    #[test]
    fn what_was_not_borne_out_is_called_so() {
        let fact = Fact::Inconclusive {
            claim: Claim::Overlapped,
            wall: ms(612),
            ideal: Some(ms(100)),
            in_flight: 2,
            max_gap: Some(ms(11)),
        };
        assert_eq!(
            short("join", &fact),
            "inconclusive: took 612 ms, ideal 100 ms, longest heartbeat gap 11 ms"
        );
    }

    #[test]
    fn other_facts_are_told_by_their_first_sentence() {
        let fact = Fact::Hidden {
            by: "worker task 1".into(),
            held: ms(300),
            max_gap: ms(12),
            workers: 2,
        };
        let told = short("thread-sleep", &fact);
        assert!(
            told.starts_with("worker task 1 held one worker for 300 ms"),
            "{told}"
        );
        assert!(!told.ends_with('.'), "{told}");
        assert_eq!(
            short("pool", &Fact::AllThere { found: 4.0 }),
            "counted at the end, every new row is there: 4 of 4"
        );
    }
}
