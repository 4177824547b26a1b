//! What the second edition demands beyond [`super::check::content`]: that every question can be answered by the belief,
//! and that no answer is given away by where it stands or how long it is.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::check::near;
use super::parse::Unexpected;
use super::{Kind, Lesson, Predict, Problem, Quiz};

/// With which words a lesson comes to the reader's own program.
const AT_HOME: &str = "In your project";
/// In so many percent of the questions at most one letter is right.
const ONE_LETTER: usize = 40;
/// In so many percent at most the longest choice is.
const LONGEST: usize = 45;
/// Of fewer, shares say nothing.
const FEW: usize = 5;
/// So many of ten lessons have a repair, at least.
const REPAIRS: usize = 7;

/// What is missing in a lesson of the second edition.
pub fn demands(lesson: &Lesson) -> Vec<Problem> {
    if !lesson.about.is_second() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut wrong = |line, what: String| {
        problems.push(Problem {
            file: lesson.file.clone(),
            line,
            what,
        });
    };
    let kinds = || lesson.steps.iter().map(|step| &step.kind);
    if !kinds().any(|kind| matches!(kind, Kind::Spot(_))) {
        wrong(1, "expected at least 1 `spot`, found 0".to_owned());
    }
    if !kinds().any(|kind| matches!(kind, Kind::Prose(text) if has_heading(text))) {
        let what = format!("expected a section with the heading `{AT_HOME}`, found none");
        wrong(1, what);
    }
    for step in &lesson.steps {
        let demanded = match &step.kind {
            Kind::Predict(predict) => choices_of(predict),
            Kind::Quiz(quiz) => distinct(quiz.choices.iter().map(|choice| choice.text.as_str())),
            Kind::Repair(repair) => {
                distinct(repair.choices.iter().map(|choice| choice.text.as_str()))
            }
            Kind::Try(attempt) if attempt.value.is_none() => Err(Unexpected(
                "expected a `try` that is predicted, with `value` and `unit`".to_owned(),
            )),
            _ => Ok(()),
        };
        if let Err(Unexpected(what)) = demanded {
            wrong(step.line, what);
        }
    }
    problems
}

fn has_heading(markdown: &str) -> bool {
    let mut heading: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) => heading
                .iter_mut()
                .for_each(|heading| heading.push_str(&text)),
            Event::End(TagEnd::Heading(_))
                if heading
                    .take()
                    .is_some_and(|heading| heading.trim() == AT_HOME) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// Three to five, none equal, the belief among them, and not right.
fn choices_of(predict: &Predict) -> Result<(), Unexpected> {
    let choices = &predict.choices;
    if !(3..=5).contains(&choices.len()) {
        return Err(Unexpected(format!(
            "expected from three to five choices, found {}",
            choices.len()
        )));
    }
    distinct(choices.iter().map(|choice| choice.text.as_str()))?;
    let values = choices
        .iter()
        .filter_map(|choice| predict.unit.read(&choice.value));
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() < choices.len() {
        return Err(Unexpected(
            "expected choices of different values, found two alike".to_owned(),
        ));
    }
    let right = right_of(predict);
    let beliefs: Vec<_> = choices.iter().filter(|choice| choice.belief).collect();
    if beliefs.is_empty() {
        return Err(Unexpected(
            "expected the choice that many believe in to say `belief = true`, found none"
                .to_owned(),
        ));
    }
    match beliefs
        .iter()
        .find(|choice| right.contains(&choice.text.as_str()))
    {
        Some(choice) => Err(Unexpected(format!(
            "expected a belief that is wrong, found \"{}\", which is right",
            choice.text
        ))),
        None => Ok(()),
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Result<(), Unexpected> {
    let mut seen = Vec::new();
    for text in texts {
        let plain = text.trim().to_lowercase();
        if seen.contains(&plain) {
            return Err(Unexpected(format!(
                "expected choices of different words, found \"{text}\" twice"
            )));
        }
        seen.push(plain);
    }
    Ok(())
}

/// The texts of the choices that are right.
fn right_of(predict: &Predict) -> Vec<&str> {
    let answer = predict.unit.read(&predict.answer);
    answer.map_or_else(Vec::new, |answer| near(predict, answer))
}

/// What gives answers away over a whole course, where all of its lessons are of the second edition.
pub fn balance(lessons: &[Lesson]) -> Vec<String> {
    if lessons.is_empty() || !lessons.iter().all(|lesson| lesson.about.is_second()) {
        return Vec::new();
    }
    let steps = || lessons.iter().flat_map(|lesson| &lesson.steps);
    let of_quiz = |quiz: &Quiz| {
        let choices = quiz.choices.iter();
        choices
            .map(|choice| (choice.text.chars().count(), choice.right))
            .collect()
    };
    let of_prediction = |predict: &Predict| {
        let right = right_of(predict);
        let choices = predict.choices.iter().map(|choice| choice.text.as_str());
        choices
            .map(|text| (text.chars().count(), right.contains(&text)))
            .collect()
    };
    let quizzes = steps().filter_map(|step| match &step.kind {
        Kind::Quiz(quiz) => Some(of_quiz(quiz)),
        _ => None,
    });
    let predictions = steps().filter_map(|step| match &step.kind {
        Kind::Predict(predict) => Some(of_prediction(predict)),
        _ => None,
    });
    let mut problems = given_away(&quizzes.collect::<Vec<_>>(), "quizzes");
    problems.extend(given_away(&predictions.collect::<Vec<_>>(), "predictions"));
    let repaired = |lesson: &&Lesson| {
        let mut steps = lesson.steps.iter();
        steps.any(|step| matches!(step.kind, Kind::Repair(_)))
    };
    let repairs = lessons.iter().filter(repaired).count();
    if lessons.len() >= FEW && repairs * 10 < lessons.len() * REPAIRS {
        problems.push(format!(
            "expected a `repair` in at least {REPAIRS} of 10 lessons, found one in {repairs} of {}",
            lessons.len()
        ));
    }
    problems
}

/// A question's choices: how long each is, and whether it is right.
type Choices = Vec<(usize, bool)>;

fn given_away(questions: &[Choices], name: &str) -> Vec<String> {
    let of = questions.len();
    let too_often = |times: usize, percent: usize| of >= FEW && times * 100 > of * percent;
    let mut problems = Vec::new();
    for (at, letter) in ('a'..='i').enumerate() {
        let right = |choices: &&Choices| choices.get(at).is_some_and(|choice| choice.1);
        let times = questions.iter().filter(right).count();
        if too_often(times, ONE_LETTER) {
            problems.push(format!(
                "expected each letter to be right in at most {ONE_LETTER} % of the {name}, found {letter} in {times} of {of}"
            ));
        }
    }
    let longest = |choices: &&Choices| {
        let most = choices
            .iter()
            .map(|choice| choice.0)
            .max()
            .unwrap_or_default();
        let mut longest = choices.iter().filter(|choice| choice.0 == most);
        longest.all(|choice| choice.1)
    };
    let times = questions.iter().filter(longest).count();
    if too_often(times, LONGEST) {
        problems.push(format!(
            "expected the longest choice to be right in at most {LONGEST} % of the {name}, found it in {times} of {of}"
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::parse;

    const LESSON: &str = r#"
```toml lesson
title = "T"
question = "Q?"
concept = "gather"
minutes = 5
belief = "B."
edition = 2
```

```toml predict
question = "How long?"
run = "gather --strategy join"
value = "join.wall_s"
unit = "time"
answer = "2s"
tolerance = 10
choices = [
  { text = "their sum", value = "3s", belief = true },
  { text = "the longest", value = "2s" },
  { text = "the shortest", value = "1s" },
]
why = "w"
```

```toml quiz
question = "Which?"
choices = [
  { text = "one", right = true, why = "w" },
  { text = "the other one", why = "w" },
]
```

```toml spot
question = "Which line?"
code = '''
a = 1
b = 2
'''
lines = [{ line = "a", why = "w" }, { line = "b", right = true, why = "w" }]
```

```toml try
question = "What if?"
run = "gather --strategy join"
knob = "--delays"
suggest = "1s,1s"
value = "join.wall_s"
unit = "time"
why = "w"
```

## In your project

Look for `gather(`.
"#;

    fn lesson(changes: &[(&str, &str)]) -> Lesson {
        let mut text = LESSON.to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        parse("01-a.md", &text).unwrap()
    }

    fn told(changes: &[(&str, &str)]) -> Vec<String> {
        let problems = demands(&lesson(changes)).into_iter();
        problems.map(|problem| problem.what).collect()
    }

    #[test]
    fn a_lesson_of_the_second_edition_has_all_of_it() {
        assert_eq!(told(&[]), [""; 0]);
        for (from, to, what) in [
            ("## In your project", "## At home", "`In your project`"),
            (
                "value = \"join.wall_s\"\nunit = \"time\"\nwhy",
                "why",
                "is predicted",
            ),
            (", belief = true", "", "`belief = true`"),
            ("\"2s\" }", "\"2s\", belief = true }", "which is right"),
            ("the shortest", "Their sum", "\"Their sum\" twice"),
            ("\"1s\" }", "\"3s\" }", "two alike"),
            (
                "{ text = \"the shortest\", value = \"1s\" },",
                "",
                "found 2",
            ),
            ("the other one", "one", "\"one\" twice"),
        ] {
            let told = told(&[(from, to)]);
            let [problem] = &told[..] else {
                unreachable!("{from}: {told:?}")
            };
            assert!(problem.contains(what), "{problem}");
            // The first edition does without.
            let first = [(from, to), ("edition = 2\n", "")];
            assert_eq!(demands(&lesson(&first)), []);
        }
        let start = LESSON.find("```toml spot").unwrap();
        let spot = &LESSON[start..LESSON.find("```toml try").unwrap()];
        assert_eq!(told(&[(spot, "")]), ["expected at least 1 `spot`, found 0"]);
    }

    #[test]
    fn over_a_course_no_letter_and_no_length_tells() {
        let other = [
            ("{ text = \"one\", right = true", "{ text = \"one\""),
            ("\"the other one\"", "\"the other one\", right = true"),
        ];
        let repair = "```toml repair\nquestion = \"?\"\ncode = \"____\"\nvalue = \"wall_s\"\nunit = \"time\"\ngoal = \"at most 2.5s\"\nchoices = [\n{ text = \"a\", run = \"gather --strategy join\", right = true, why = \"w\" },\n{ text = \"b\", run = \"gather --strategy sequential\", why = \"w\" },\n{ text = \"c\", run = \"gather --strategy created-first\", why = \"w\" },\n]\n```\n\n## In your";
        let with_repair = ("## In your", repair);
        let same: Vec<_> = (0..5).map(|_| lesson(&[with_repair])).collect();
        assert_eq!(
            balance(&same),
            [
                "expected each letter to be right in at most 40 % of the quizzes, found a in 5 of 5",
                "expected each letter to be right in at most 40 % of the predictions, found b in 5 of 5",
            ]
        );
        let longest: Vec<_> = (0..5).map(|_| lesson(&other)).collect();
        let told = balance(&longest);
        assert!(told.iter().any(|what| what
            == "expected the longest choice to be right in at most 45 % of the quizzes, found it in 5 of 5"));
        assert!(
            told.iter().any(|what| what
                == "expected a `repair` in at least 7 of 10 lessons, found one in 0 of 5")
        );
        // Of four, nothing can be said; nor where one is of the first edition.
        assert_eq!(balance(&longest[..4]), [""; 0]);
        let mut mixed = longest;
        mixed.push(lesson(&[("edition = 2\n", "")]));
        assert_eq!(balance(&mixed), [""; 0]);
    }
}
