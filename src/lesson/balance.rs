//! What a course as a whole must not tell: no answer is given away by where it stands or how long it is.

use super::choices::right_of;
use super::{Kind, Lesson, Predict, Quiz};

/// In so many percent of the questions at most one letter is right.
const ONE_LETTER: usize = 40;
/// In so many percent at most the longest choice is.
const LONGEST: usize = 45;
/// Of fewer, shares say nothing.
const FEW: usize = 5;
/// So many of ten lessons have a repair, at least.
const REPAIRS: usize = 7;

/// What gives answers away over a whole course.
pub fn balance(lessons: &[Lesson]) -> Vec<String> {
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
    // Of two choices one letter is right in half of the questions at least, whatever the author does.
    let many = |choices: &&Choices| choices.len() > 2;
    let questions: Vec<_> = questions.iter().filter(many).collect();
    let of = questions.len();
    let too_often = |times: usize, percent: usize| of >= FEW && times * 100 > of * percent;
    let mut problems = Vec::new();
    for (at, letter) in ('a'..='i').enumerate() {
        let right = |choices: &&&Choices| choices.get(at).is_some_and(|choice| choice.1);
        let times = questions.iter().filter(right).count();
        if too_often(times, ONE_LETTER) {
            problems.push(format!(
                "expected each letter to be right in at most {ONE_LETTER} % of the {name}, found {letter} in {times} of {of}"
            ));
        }
    }
    let longest = |choices: &&&Choices| {
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
  { text = "none", why = "w" },
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
        for expected in [
            "expected the longest choice to be right in at most 45 % of the quizzes, found it in 5 of 5",
            "expected a `repair` in at least 7 of 10 lessons, found one in 0 of 5",
        ] {
            assert!(told.iter().any(|what| what == expected), "{told:?}");
        }
        // Of four, nothing can be said; nor of two choices.
        assert_eq!(balance(&longest[..4]), [""; 0]);
        let two = ("  { text = \"none\", why = \"w\" },\n", "");
        let of_two: Vec<_> = (0..5).map(|_| lesson(&[with_repair, two])).collect();
        let told = balance(&of_two);
        let of_quizzes = |what: &String| what.contains("quizzes");
        assert!(!told.iter().any(of_quizzes), "{told:?}");
    }
}
