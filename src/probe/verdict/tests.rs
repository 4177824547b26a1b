use proptest::prelude::*;

use super::*;

fn ms(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1e3)
}

/// What a server does with what is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// It waits for all of them at once.
    Overlaps,
    /// It holds its only thread for each.
    Blocks,
    /// It holds its only thread for each, and sends the answers when all are done.
    BlocksAndAnswersLate,
    /// It has so many places.
    Pool(usize),
    /// It computes for all of them in turns, on so many cores.
    Computes(usize),
}

/// A request or many, each of which takes `work` (in milliseconds), and pings beside them that take `ping` by themselves.
fn round(kind: Kind, work: &[f64], ping: f64) -> Round {
    let in_places = |places: usize| {
        let mut free = vec![0.0_f64; places.min(work.len())];
        let answers = work.iter().map(|work| {
            let first = (0..free.len()).min_by(|one, two| free[*one].total_cmp(&free[*two]));
            let place = &mut free[first.unwrap()];
            *place += work;
            *place
        });
        answers.collect::<Vec<_>>()
    };
    let answers = match kind {
        Kind::Overlaps => work.to_vec(),
        Kind::Blocks => in_places(1),
        Kind::BlocksAndAnswersLate => vec![work.iter().sum(); work.len()],
        Kind::Pool(size) => in_places(size),
        Kind::Computes(cores) => {
            let sum: f64 = work.iter().sum();
            let share = work.len().min(cores) as f64;
            let each = |at: usize| sum / share * (1.0 - at as f64 / 100.0 / work.len() as f64);
            (0..work.len()).map(each).collect()
        }
    };
    let wall = answers.iter().copied().fold(0.0, f64::max);
    let mut pings = Vec::new();
    let mut at = 0.0;
    while at < wall {
        let waited = match kind {
            // Until the request that holds the thread is done; where the answers come late, until all are.
            Kind::Blocks => {
                answers
                    .iter()
                    .find(|end| **end > at)
                    .map_or(0.0, |end| end - at)
                    + ping
            }
            Kind::BlocksAndAnswersLate => wall - at,
            _ => ping,
        };
        let waited = waited.min(wall - at);
        pings.push(PingWait {
            sent: ms(at),
            waited: ms(waited),
        });
        at += waited.max(10.0);
    }
    Round {
        answers: answers.iter().map(|at| ms(*at)).collect(),
        wall: ms(wall),
        disturbed: ms(2.0),
        pings: Some(pings),
        ..Round::default()
    }
}

/// Three requests alone, and two rounds of so many.
fn observed(kind: Kind, count: usize, work: f64) -> Observed {
    let alone = round(kind, &[work], 2.0);
    let together = round(kind, &vec![work * 1.01; count], 3.0);
    Observed {
        at_once: count,
        alone: vec![alone; 3],
        rounds: vec![together; 2],
        quiet_ping: Some(ms(2.0)),
    }
}

fn without_pings(mut observed: Observed) -> Observed {
    observed.quiet_ping = None;
    let rounds = observed.alone.iter_mut().chain(&mut observed.rounds);
    rounds.for_each(|round| round.pings = None);
    observed
}

fn assert_unclear(seen: &Observed, why: Obstacle) {
    assert_eq!(judge(seen).diagnosis, Diagnosis::Unclear(why));
}

#[test]
fn each_kind_of_service_is_told() {
    let (prompt, unknown) = (Pings::Prompt, Pings::Unknown);
    let pool = |size, pings| Diagnosis::Pool { size, pings };
    let (size, pings) = (40, prompt);
    // With pings, and without: then a blocked event loop is not told from a lock.
    for (kind, count, told, without) in [
        (
            Kind::Overlaps,
            12,
            Diagnosis::WaitsOverlap,
            Some(Diagnosis::WaitsOverlap),
        ),
        (Kind::Blocks, 12, Diagnosis::Blocked, Some(pool(1, unknown))),
        (Kind::BlocksAndAnswersLate, 12, Diagnosis::Blocked, None),
        (Kind::Pool(1), 12, pool(1, prompt), Some(pool(1, unknown))),
        (Kind::Pool(5), 12, pool(5, prompt), Some(pool(5, unknown))),
        (
            Kind::Pool(40),
            100,
            Diagnosis::Threads { size, pings },
            None,
        ),
        (
            Kind::Computes(1),
            12,
            Diagnosis::SlowerTogether,
            Some(Diagnosis::SlowerTogether),
        ),
        (Kind::Computes(2), 12, Diagnosis::SlowerTogether, None),
    ] {
        let seen = observed(kind, count, 200.0);
        assert!(is_settled(&seen), "{kind:?}");
        assert_eq!(judge(&seen).diagnosis, told);
        if let Some(without) = without {
            assert_eq!(judge(&without_pings(seen)).diagnosis, without);
        }
    }
}

#[test]
fn how_long_the_event_loop_was_blocked_is_said_beyond_a_quiet_ping() {
    let seen = observed(Kind::Blocks, 12, 200.0);
    let judged = judge(&seen);
    let longest = judged.longest_ping.unwrap();
    assert!(longest >= ms(200.0), "{longest:?}");
    assert_eq!(judged.blocked(&seen), Some(longest - ms(2.0)));
    assert_eq!(judge(&without_pings(seen.clone())).blocked(&seen), None);
}

#[test]
fn what_fails_or_comes_to_no_end_is_called_so() {
    let mut seen = observed(Kind::Overlaps, 12, 200.0);
    for round in &mut seen.rounds {
        round.answers.pop();
        round.failed = 1;
    }
    assert_eq!(judge(&seen).diagnosis, Diagnosis::Failed);
    for round in &mut seen.rounds {
        (round.failed, round.unanswered) = (0, 1);
    }
    assert_unclear(&seen, Obstacle::OutOfTime);
    seen.rounds.clear();
    assert_unclear(&seen, Obstacle::OutOfTime);
    seen.alone[0].failed = 1;
    assert_eq!(judge(&seen).diagnosis, Diagnosis::Failed);
    assert_unclear(&Observed::default(), Obstacle::NothingAlone);
}

#[test]
fn one_round_is_believed_only_where_noise_is_little_and_two_must_agree() {
    let once = |work| {
        let mut seen = observed(Kind::Pool(5), 12, work);
        seen.rounds.pop();
        assert!(!is_settled(&seen));
        seen
    };
    let (size, pings) = (5, Pings::Prompt);
    let judged = judge(&once(300.0)).diagnosis;
    assert_eq!(judged, Diagnosis::Pool { size, pings });
    assert_unclear(&once(100.0), Obstacle::Unsteady);
    let mut seen = observed(Kind::Pool(5), 12, 300.0);
    seen.rounds[1] = round(Kind::Pool(4), &[300.0; 12], 3.0);
    assert_unclear(&seen, Obstacle::Unsteady);
    assert!(!is_settled(&seen));
    seen.rounds.push(seen.rounds[1].clone());
    assert_eq!(judge(&seen).rounds, [1, 2]);
}

#[test]
fn what_is_too_short_or_disturbed_is_not_judged() {
    assert_unclear(&observed(Kind::Blocks, 12, 5.0), Obstacle::TooShort);
    let mut seen = observed(Kind::Blocks, 12, 100.0);
    for round in &mut seen.rounds {
        round.disturbed = ms(60.0);
    }
    assert_unclear(&seen, Obstacle::Disturbed);
}

/// As long as `work`, or longer by up to `noise` of it.
fn noisy(count: usize, work: f64, noise: f64) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..=noise, count)
        .prop_map(move |noise| noise.iter().map(|more| work * (1.0 + more)).collect())
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Overlaps),
        Just(Kind::Blocks),
        Just(Kind::BlocksAndAnswersLate),
        (1_usize..12).prop_map(Kind::Pool),
        (1_usize..5).prop_map(Kind::Computes),
    ]
}

/// A service of some kind, seen through noise: answers up to 40 % late, pings up to 30 ms.
fn scenes() -> impl Strategy<Value = (Kind, usize, Observed)> {
    (kinds(), 4_usize..40, 20.0_f64..2_000.0).prop_flat_map(|(kind, count, work)| {
        let one = (noisy(1, work, 0.4), 1.0_f64..30.0);
        let many = (noisy(count, work, 0.4), 1.0_f64..30.0);
        let alone = prop::collection::vec(one, 1..4);
        let rounds = prop::collection::vec(many, 1..5);
        (alone, rounds, any::<bool>()).prop_map(move |(alone, rounds, pinged)| {
            let seen = |rounds: Vec<(Vec<f64>, f64)>| {
                let rounds = rounds.iter().map(|(work, ping)| round(kind, work, *ping));
                rounds.collect()
            };
            let observed = Observed {
                at_once: count,
                alone: seen(alone),
                rounds: seen(rounds),
                quiet_ping: Some(ms(2.0)),
            };
            let observed = match pinged {
                true => observed,
                false => without_pings(observed),
            };
            (kind, count, observed)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Under noise what is said is right, or less is said.
    #[test]
    fn with_noise_it_is_right_or_says_less((kind, count, observed) in scenes()) {
        let pinged = observed.quiet_ping.is_some();
        match judge(&observed).diagnosis {
            Diagnosis::WaitsOverlap => {
                let right = match kind {
                    Kind::Overlaps => true,
                    Kind::Pool(size) => size >= count,
                    // Beside a slow lone request, half as many cores look like enough.
                    Kind::Computes(cores) => count < cores * 21 / 10,
                    Kind::Blocks | Kind::BlocksAndAnswersLate => false,
                };
                prop_assert!(right);
            }
            Diagnosis::Blocked => {
                prop_assert!(pinged);
                prop_assert!(matches!(kind, Kind::Blocks | Kind::BlocksAndAnswersLate));
            }
            Diagnosis::Pool { size: 1, pings } => {
                let right = match kind {
                    Kind::Pool(size) => size == 1 && pings != Pings::Waited,
                    Kind::Blocks => pings == Pings::Unknown,
                    _ => false,
                };
                prop_assert!(right, "{:?}", pings);
            }
            Diagnosis::Pool { size, pings } => {
                prop_assert_eq!(kind, Kind::Pool(size));
                prop_assert!(pings != Pings::Waited);
            }
            Diagnosis::Threads { .. } | Diagnosis::Failed => prop_assert!(false),
            Diagnosis::SlowerTogether => {
                // Without a ping nobody could tell.
                let shortest = observed.lone().into_iter().min().unwrap();
                let looks_so = !pinged || shortest < LONG_ENOUGH;
                let late = kind == Kind::BlocksAndAnswersLate && looks_so;
                prop_assert!(late || matches!(kind, Kind::Computes(_)));
            }
            Diagnosis::Unclear(_) => {}
        }
    }

    /// Whatever is seen, there is an answer.
    #[test]
    fn anything_is_judged(
        at_once: usize,
        rounds in prop::collection::vec(
            (prop::collection::vec(0_u64..=u64::MAX, 0..9), 0_usize..3, 0_usize..3, 0_u64..=u64::MAX, any::<bool>()),
            0..6,
        ),
        alone in 0_usize..4,
        quiet in prop::option::of(0_u64..=u64::MAX / 4),
    ) {
        let nanos = Duration::from_nanos;
        let rounds: Vec<Round> = rounds
            .into_iter()
            .map(|(answers, failed, unanswered, wall, pinged)| Round {
                pings: pinged.then(|| answers.iter().map(|at| PingWait { sent: nanos(at / 4), waited: nanos(at / 8) }).collect()),
                answers: answers.into_iter().map(nanos).collect(),
                failed,
                unanswered,
                wall: nanos(wall),
                disturbed: nanos(wall / 7),
            })
            .collect();
        let alone = alone.min(rounds.len());
        let observed = Observed {
            at_once,
            alone: rounds[..alone].to_vec(),
            rounds: rounds[alone..].to_vec(),
            quiet_ping: quiet.map(nanos),
        };
        let judged = judge(&observed);
        let _ = (is_settled(&observed), judged.blocked(&observed));
    }
}
