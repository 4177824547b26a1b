use proptest::prelude::*;

use super::*;

/// A server that handles so many requests at a time, each for as long as `work` says, for a client that has at most
/// `at_once` under way.
fn served(handled: usize, at_once: usize, work: &[f64]) -> Vec<Duration> {
    // A request begins when the client may send it and the server has a place for it.
    let mut free = vec![0.0_f64; handled.min(at_once)];
    let mut answers = Vec::new();
    for work in work {
        let place = (0..free.len())
            .min_by(|one, two| free[*one].total_cmp(&free[*two]))
            .unwrap_or(0);
        free[place] += work;
        answers.push(Duration::from_secs_f64(free[place]));
    }
    answers
}

fn seen(alone: &[Duration], answers: &[Duration], at_once: usize) -> Shape {
    shape(&AnswerTimes {
        alone,
        answers,
        at_once,
        disturbed: Duration::from_millis(3),
    })
}

const LONE: [Duration; 1] = [Duration::from_millis(100)];

#[test]
fn each_kind_of_server_is_told_by_its_rounds() {
    let of = |handled, at_once, count| {
        let answers = served(handled, at_once, &vec![0.101; count]);
        seen(&LONE, &answers, at_once)
    };
    assert_eq!(of(1, 10, 10), Shape::OneAtATime);
    assert_eq!(of(5, 10, 10), Shape::Rounds(5));
    assert_eq!(of(10, 10, 10), Shape::AllAtOnce);
    assert_eq!(of(40, 100, 100), Shape::Rounds(40));
    // The client's own limit is not the server's.
    assert_eq!(of(10, 3, 10), Shape::AllAtOnce);
    assert_eq!(of(3, 3, 10), Shape::AllAtOnce);
    assert_eq!(of(2, 3, 10), Shape::Rounds(2));
    assert_eq!(of(1, 3, 10), Shape::OneAtATime);
    // One full round, and a few late ones: that may be a pool, or a hiccup.
    assert_eq!(of(8, 10, 10), Shape::Faster);
}

/// Ten threads that share one processor: no rounds, all of them done at the end.
#[test]
fn a_server_that_shares_its_time_among_all_is_no_faster() {
    let answers: Vec<_> = (0..10)
        .map(|at| Duration::from_millis(960 + 5 * at))
        .collect();
    assert_eq!(seen(&LONE, &answers, 10), Shape::NoFaster);
    let twice: Vec<_> = answers.iter().map(|at| *at / 2).collect();
    assert_eq!(seen(&LONE, &twice, 10), Shape::Unclear(Doubt::Close));
    assert_eq!(seen(&[LONE[0]; 10], &twice, 10), Shape::Faster);
}

#[test]
fn what_cannot_be_told_is_called_so() {
    let ms = Duration::from_millis;
    assert_eq!(seen(&[], &[ms(100); 10], 10), Shape::Unclear(Doubt::TooFew));
    assert_eq!(seen(&LONE, &[], 10), Shape::Unclear(Doubt::TooFew));
    assert_eq!(
        seen(&LONE, &[ms(100); 10], 1),
        Shape::Unclear(Doubt::TooFew)
    );
    assert_eq!(
        seen(&[ms(2)], &[ms(3); 10], 10),
        Shape::Unclear(Doubt::TooShort)
    );
    let disturbed = AnswerTimes {
        alone: &LONE,
        answers: &[ms(100); 10],
        at_once: 10,
        disturbed: ms(60),
    };
    assert_eq!(shape(&disturbed), Shape::Unclear(Doubt::Disturbed));
}

#[test]
fn a_slow_lone_request_makes_no_server_faster() {
    let answers = served(1, 10, &[0.1; 10]);
    let slow = [Duration::from_millis(270)];
    assert_eq!(seen(&slow, &answers, 10), Shape::OneAtATime);
}

/// AnswerTimes once, on a machine with ten programs for each core: the lone request and the first answers took twice as long
/// as they should have.
#[test]
fn two_rounds_beside_a_slow_lone_request_are_not_one() {
    let ms = Duration::from_millis;
    let answers: Vec<_> = [121, 122, 125, 126, 130, 170, 171, 172, 177, 178]
        .map(ms)
        .into();
    assert_eq!(seen(&[ms(209)], &answers, 10), Shape::Faster);
}

/// As long as `work`, or longer by up to `noise` of it.
fn noisy(count: usize, work: f64, noise: f64) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..=noise, count)
        .prop_map(move |noise| noise.iter().map(|more| work * (1.0 + more)).collect())
}

/// A count, what the server handles at a time, what the client has under way, and the work of each request: alone, then
/// together.
fn scenes(noise: f64) -> impl Strategy<Value = (usize, usize, Vec<f64>, Vec<f64>)> {
    let knobs = (4_usize..60, 0.02_f64..2.0, any::<bool>());
    let knobs = knobs.prop_flat_map(|(count, work, limited)| {
        let at_once = if limited { 2..=count } else { count..=count };
        (Just(count), Just(work), 1..=count, at_once)
    });
    knobs.prop_flat_map(move |(count, work, handled, at_once)| {
        let (alone, together) = (noisy(count, work, noise), noisy(count, work, noise));
        (Just(handled), Just(at_once), alone, together)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// On a quiet machine, the verdict is right, and there is one for each server whose rounds can be seen.
    #[test]
    fn without_noise_it_is_right((handled, at_once, alone, together) in scenes(0.01)) {
        let alone: Vec<_> = alone.into_iter().map(Duration::from_secs_f64).collect();
        let answers = served(handled, at_once, &together);
        let (shape, count) = (seen(&alone, &answers, at_once), together.len());
        let whole = handled >= at_once;
        match shape {
            Shape::OneAtATime => prop_assert_eq!(handled, 1),
            Shape::Rounds(size) => prop_assert_eq!(size, handled),
            Shape::AllAtOnce => prop_assert!(whole, "{} of {}", handled, at_once),
            Shape::NoFaster => prop_assert_eq!(handled, 1),
            Shape::Faster => prop_assert!(handled > 1 && (!whole || at_once < count)),
            Shape::Unclear(why) => prop_assert!(why != Doubt::TooFew && (handled > 1 || why == Doubt::Disturbed)),
        }
        if handled == 1 && alone.iter().all(|alone| *alone > SHORTEST) {
            prop_assert_eq!(shape, Shape::OneAtATime);
        }
    }

    /// Under load, what is said is right, too, even beside a lone request that was three times too slow: a server that answers one at a time is never called faster, one that
    /// answers several never slower, and no pool is given another size.
    #[test]
    fn with_noise_it_is_right_or_says_less((handled, at_once, alone, together) in scenes(0.4), lone: bool, slow in 1.0..3.0) {
        let mut alone: Vec<_> = alone.into_iter().map(Duration::from_secs_f64).collect();
        if lone {
            alone = vec![alone[0].mul_f64(slow)];
        }
        let answers = served(handled, at_once, &together);
        match seen(&alone, &answers, at_once) {
            Shape::OneAtATime | Shape::NoFaster => prop_assert_eq!(handled.min(at_once), 1),
            Shape::Rounds(size) => prop_assert_eq!(size, handled),
            Shape::AllAtOnce => prop_assert!(handled >= at_once, "{} of {}", handled, at_once),
            Shape::Faster => prop_assert!(handled > 1),
            Shape::Unclear(_) => {}
        }
    }

    /// Whatever the times are, there is an answer.
    #[test]
    fn any_times_have_a_shape(
        alone in prop::collection::vec(0_u64..=u64::MAX, 0..9),
        answers in prop::collection::vec(0_u64..=u64::MAX, 0..40),
        at_once: usize,
        disturbed: u64,
    ) {
        let nanos = |all: &[u64]| all.iter().copied().map(Duration::from_nanos).collect::<Vec<_>>();
        let (alone, answers) = (nanos(&alone), nanos(&answers));
        let disturbed = Duration::from_nanos(disturbed);
        let _ = shape(&AnswerTimes { alone: &alone, answers: &answers, at_once, disturbed });
    }
}
