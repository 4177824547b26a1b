//! The pages of a course: one for each lesson, and one that lists them.

use maud::{Markup, html};

use super::frame::framed;
use super::prose::words;
use super::question::key;
use super::recorded::SiteCourse;
use super::step::Placed;
use crate::lesson::{Kind, Lesson};
use crate::page::clean;
use crate::units;

/// A file of the site.
#[derive(Debug)]
pub struct SitePage {
    /// Its name, without a folder.
    pub name: String,
    /// All of it.
    pub html: String,
}

/// Every page, the index last: when that is there, so are the others.
pub fn pages(course: &SiteCourse<'_>) -> Vec<SitePage> {
    let files: Vec<_> = course
        .lessons
        .iter()
        .map(|lesson| lesson.stem().to_owned())
        .collect();
    let identity = key(&course.identity);
    let mut pages: Vec<_> = course
        .lessons
        .iter()
        .enumerate()
        .map(|(at, lesson)| SitePage {
            name: page_of(lesson),
            html: framed(
                &clean(&lesson.about.title),
                &identity,
                Some(&lesson.name),
                &lesson_page(course, at, lesson, &files),
            ),
        })
        .collect();
    pages.push(SitePage {
        name: "index.html".to_owned(),
        html: framed("Async, seen run", &identity, None, &index(course, &files)),
    });
    pages
}

fn page_of(lesson: &Lesson) -> String {
    format!("{}.html", lesson.stem())
}

fn lesson_page(course: &SiteCourse<'_>, at: usize, lesson: &Lesson, files: &[String]) -> Markup {
    let about = &lesson.about;
    let steps = lesson.steps.iter().enumerate();
    let steps = steps.map(|(at, step)| {
        Placed {
            course,
            lesson,
            at,
            step,
            files,
        }
        .markup()
    });
    let lines = lesson.steps.iter().flat_map(|step| step.commands());
    let origin = lines.filter_map(|line| course.runs.get(&line)).next();
    let before = at.checked_sub(1).map(|at| &course.lessons[at]);
    let after = course.lessons.get(at + 1);
    html! {
        header {
            nav aria-label="Course" { a href="index.html" { "All lessons" } }
            h1 { (at + 1) ". " (clean(&about.title)) }
            p.question { (words(&about.question, files)) }
            p.dim { "About " (units::count(about.minutes as usize, "minute", "minutes")) "." span.progress {} }
            p.belief { "A common belief: " (words(&about.belief, files)) }
        }
        main {
            @for step in steps { (step) }
            section.end {
                @if let Some(run) = origin {
                    p.dim { "Everything here was recorded: " (clean(&run.report.origin())) "." }
                }
                p.act hidden { button.forget type="button" { "Forget my answers to this lesson" } }
                nav.beside aria-label="Lessons" {
                    @if let Some(before) = before { a rel="prev" href=(page_of(before)) { "← " (clean(&before.about.title)) } }
                    @if let Some(after) = after { a rel="next" href=(page_of(after)) { (clean(&after.about.title)) " →" } }
                }
            }
        }
    }
}

fn index(course: &SiteCourse<'_>, files: &[String]) -> Markup {
    html! {
        header {
            h1 { "Async, seen run" }
            p { "Each lesson asks first. You predict, you see what was recorded, and you read why." }
        }
        main {
            ol.lessons {
                @for lesson in course.lessons {
                    li data-of=(lesson.name) data-keys=(keys(lesson).join(" ")) {
                        a href=(page_of(lesson)) { (clean(&lesson.about.title)) }
                        p { (words(&lesson.about.question, files)) }
                        p.dim { (units::count(lesson.about.minutes as usize, "minute", "minutes")) span.progress {} }
                    }
                }
            }
            p.act hidden { button.forget type="button" { "Forget all my answers" } }
            p.dim { "Your answers stay in this browser. Made by asyncdemo: " code { "asyncdemo learn" } " plays the same lessons, and runs them on your own machine." }
        }
    }
}

/// What the answers to a lesson are kept under.
fn keys(lesson: &Lesson) -> Vec<String> {
    let questions = lesson.steps.iter().filter_map(|step| match &step.kind {
        Kind::Predict(predict) => Some(&predict.question),
        Kind::Quiz(quiz) => Some(&quiz.question),
        Kind::Try(turn) => Some(&turn.question),
        Kind::Spot(spot) => Some(&spot.question),
        Kind::Repair(repair) => Some(&repair.question),
        Kind::Prose(_) | Kind::Run(_) | Kind::Code(_) => None,
    });
    questions.map(|question| key(question)).collect()
}
