//! In which order a learner sees the choices: an order of their own, the same each time.

use super::{Lesson, Predict, Quiz, Repair};

/// The order of so many choices for the learner with this `seed`: at each place, the one that the lesson has there.
pub fn order(seed: u64, lesson: &Lesson, question: &str, choices: usize) -> Vec<usize> {
    let mut state = seed;
    for byte in lesson.name.bytes().chain(question.bytes()) {
        state = mixed(state ^ u64::from(byte));
    }
    let mut order: Vec<usize> = (0..choices).collect();
    for last in (1..choices).rev() {
        state = mixed(state);
        // Below `last + 1`, which a handful of choices are.
        order.swap(last, (state % (last as u64 + 1)) as usize);
    }
    order
}

/// A step of SplitMix64: the same in every version and on every machine.
fn mixed(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn in_order<T: Clone>(choices: &[T], order: &[usize]) -> Vec<T> {
    let there = order.iter().filter_map(|at| choices.get(*at));
    there.cloned().collect()
}

impl Predict {
    /// With its choices in this order.
    pub fn ordered(&self, order: &[usize]) -> Self {
        Self {
            choices: in_order(&self.choices, order),
            ..self.clone()
        }
    }
}

impl Quiz {
    /// With its choices in this order.
    pub fn ordered(&self, order: &[usize]) -> Self {
        Self {
            choices: in_order(&self.choices, order),
            ..self.clone()
        }
    }
}

impl Repair {
    /// With its choices in this order.
    pub fn ordered(&self, order: &[usize]) -> Self {
        Self {
            choices: in_order(&self.choices, order),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::course::builtin;

    #[test]
    fn an_order_is_stable_and_has_every_choice_once() {
        let lesson = &builtin().unwrap()[0];
        for choices in 0..7 {
            for seed in 0..50 {
                let once = order(seed, lesson, "Why?", choices);
                assert_eq!(once, order(seed, lesson, "Why?", choices));
                let mut sorted = once;
                sorted.sort_unstable();
                assert!(sorted.into_iter().eq(0..choices));
            }
        }
    }

    #[test]
    fn each_choice_stands_at_each_place_about_as_often() {
        let lesson = &builtin().unwrap()[0];
        let mut places = [[0; 4]; 4];
        for seed in 0..4_000 {
            for (place, choice) in order(seed, lesson, "Why?", 4).into_iter().enumerate() {
                places[place][choice] += 1;
            }
        }
        let mut all = places.iter().flatten();
        let often = all.all(|times| (850..1_150).contains(times));
        assert!(often, "{places:?}");
    }
}
