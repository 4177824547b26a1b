//! From slide to slide.

use std::time::Duration;

use super::keys::Ask;
use super::show::Show;
use super::slide::Place;

impl Show {
    pub(super) fn jump(&mut self, slide: usize, now: Duration) -> Ask {
        self.turn_to(
            Place {
                slide,
                ..self.place
            },
            now,
        )
    }

    pub(super) fn go(&mut self, by: isize, now: Duration) -> Ask {
        let Place { lesson, slide } = self.place;
        match slide.checked_add_signed(by) {
            Some(slide) if slide <= self.last() => self.turn_to(Place { lesson, slide }, now),
            Some(_) if lesson + 1 < self.lessons.len() => {
                let lesson = lesson + 1;
                self.turn_to(Place { lesson, slide: 0 }, now)
            }
            Some(_) => self.say("that was the last slide: q quits"),
            None if lesson > 0 => {
                let lesson = lesson - 1;
                let slide = self.lessons[lesson].steps.len();
                self.turn_to(Place { lesson, slide }, now)
            }
            None => self.say("this is the first slide"),
        }
    }

    /// A run does not go on where nobody sees it: two at once would disturb each other.
    fn turn_to(&mut self, place: Place, now: Duration) -> Ask {
        if place.lesson != self.place.lesson {
            self.begun = now;
        }
        // Nobody can vote for what is not on the screen: `P` opens the round again.
        if let Some(slide) = self.slides.get_mut(&self.place) {
            slide.rounds.close();
        }
        self.place = place;
        (self.scroll, self.axis, self.code) = (0, false, None);
        // Those of the next slide are not for the class either.
        self.notes = false;
        let Some((number, left)) = self.running.take() else {
            return Ask::Nothing;
        };
        if let Some(slide) = self.slides.get_mut(&left) {
            for run in [&mut slide.own, &mut slide.all] {
                run.take_if(|run| run.number == number);
            }
        }
        Ask::Stop
    }
}
