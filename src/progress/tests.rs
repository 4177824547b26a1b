use tempfile::TempDir;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn where_one_stopped_is_where_one_goes_on() {
    let directory = TempDir::new().unwrap();
    let place = directory.path().join("not/yet/there");
    let mut progress = Progress::open(&place).unwrap();
    assert_eq!(progress.position("gather").unwrap(), None);
    assert_eq!(progress.latest().unwrap(), None);
    progress.reached("gather", 3, 9, SECOND).unwrap();
    progress.reached("sleep", 1, 7, SECOND).unwrap();
    progress.reached("gather", 2, 9, SECOND * 2).unwrap();
    drop(progress);

    let mut progress = Progress::open(&place).unwrap();
    assert_eq!(progress.position("gather").unwrap(), Some(2));
    assert_eq!(progress.latest().unwrap().as_deref(), Some("gather"));
    let lessons = progress.lessons().unwrap();
    let [gather, sleep] = &lessons[..] else {
        panic!("{lessons:?}")
    };
    // One step back undoes nothing.
    assert_eq!(
        (gather.done, gather.steps, gather.spent),
        (3, 9, SECOND * 3)
    );
    assert_eq!((sleep.done, sleep.steps, sleep.finished), (1, 7, false));

    progress.finished("gather", SECOND).unwrap();
    assert_eq!(progress.position("gather").unwrap(), None);
    let done = &progress.lessons().unwrap()[0];
    assert_eq!(
        (done.done, done.finished, done.spent),
        (9, true, SECOND * 4)
    );

    // Played again, it stays finished.
    progress.reached("gather", 1, 9, SECOND).unwrap();
    assert_eq!(progress.position("gather").unwrap(), Some(1));
    assert_eq!(progress.lessons().unwrap()[0].done, 9);
}

fn names(due: &[Due]) -> Vec<&str> {
    due.iter().map(|due| due.question.as_str()).collect()
}

fn answer(progress: &mut Progress, kind: QuestionKind, question: &str, right: bool) {
    let answered = progress.answered("gather", 1, kind, question, "b", right);
    answered.unwrap();
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn what_was_missed_comes_back_after_1_3_and_7_days() {
    let mut progress = Progress::unsaved().unwrap();
    answer(&mut progress, QuestionKind::Predict, "missed", false);
    answer(&mut progress, QuestionKind::Quiz, "known", true);
    answer(&mut progress, QuestionKind::Try, "tried", false);
    // Right at once, with the explanation still on the screen: it comes back all the same.
    answer(&mut progress, QuestionKind::Predict, "missed", true);

    let mut now = SystemTime::now();
    assert_eq!(progress.due(now).unwrap(), []);
    for (stage, days) in [1, 3, 7].into_iter().enumerate() {
        let early = now + DAY * days - Duration::from_secs(60);
        assert_eq!(progress.due(early).unwrap(), [], "{days} days");
        now += DAY * days + Duration::from_secs(60);
        let due = progress.due(now).unwrap();
        assert_eq!(names(&due), ["missed"], "{days} days");
        assert_eq!(due[0].stage, stage);
        progress.reviewed(&due[0], true, now).unwrap();
        assert_eq!(progress.due(now).unwrap(), []);
        // Somebody else reviewed it at the same time: it is not moved on twice.
        progress.reviewed(&due[0], true, now).unwrap();
    }
    assert_eq!(progress.due(now + DAY * 6).unwrap(), []);
    assert_eq!(progress.lessons().unwrap()[0].to_review, 0, "it is known");
}

#[test]
fn a_wrong_answer_begins_anew() {
    let mut progress = Progress::unsaved().unwrap();
    let mut now = SystemTime::now();
    answer(&mut progress, QuestionKind::Quiz, "missed", false);
    now += DAY * 2;
    let first = progress.due(now).unwrap();
    progress.reviewed(&first[0], true, now).unwrap();
    now += DAY * 4;
    let second = progress.due(now).unwrap();
    assert_eq!(second[0].stage, 1);
    progress.reviewed(&second[0], false, now).unwrap();
    assert_eq!(progress.due(now).unwrap(), []);
    let third = progress.due(now + DAY + Duration::from_secs(1)).unwrap();
    assert_eq!(third[0].stage, 0);
}

#[test]
fn what_was_answered_under_a_clock_that_was_ahead_is_not_lost() {
    let mut progress = Progress::unsaved().unwrap();
    let now = SystemTime::now();
    answer(&mut progress, QuestionKind::Quiz, "missed", false);
    let due = progress.due(now + DAY * 2).unwrap();
    progress
        .reviewed(&due[0], false, now + DAY * 10_000)
        .unwrap();
    assert_eq!(names(&progress.due(now).unwrap()), ["missed"]);
    // Before 1970, and as late as can be told.
    progress.due(UNIX_EPOCH - DAY).unwrap();
    progress
        .due(UNIX_EPOCH + Duration::from_secs(i64::MAX as u64))
        .unwrap();
}

#[test]
fn a_score_counts_each_question_once_with_its_last_answer() {
    let mut progress = Progress::unsaved().unwrap();
    for (kind, question, right) in [
        (QuestionKind::Predict, "one", false),
        (QuestionKind::Predict, "one", true),
        (QuestionKind::Predict, "two", false),
        (QuestionKind::Quiz, "three", true),
        (QuestionKind::Try, "four", true),
    ] {
        answer(&mut progress, kind, question, right);
    }
    let lessons = progress.lessons().unwrap();
    let score = |right, asked| Score { right, asked };
    assert_eq!(lessons[0].predictions, score(1, 2));
    assert_eq!(lessons[0].quiz, score(1, 1));
    assert_eq!(lessons[0].to_review, 2);
    // Answered, and the first step not done.
    assert_eq!((lessons[0].done, lessons[0].steps), (0, 0));
}

#[test]
fn a_lesson_is_forgotten_or_all() {
    let mut progress = Progress::unsaved().unwrap();
    for lesson in ["gather", "sleep", "it's; DROP TABLE \"lessons\" --\0"] {
        progress.reached(lesson, 1, 5, SECOND).unwrap();
        progress
            .answered(lesson, 1, QuestionKind::Quiz, "q", "a", false)
            .unwrap();
    }
    progress.reset(Some("gather")).unwrap();
    assert_eq!(progress.lessons().unwrap().len(), 2);
    assert_eq!(progress.position("gather").unwrap(), None);
    progress.reset(None).unwrap();
    assert_eq!(progress.lessons().unwrap(), []);
    let later = SystemTime::now() + DAY * 2;
    assert_eq!(progress.due(later).unwrap(), []);
}

#[test]
fn no_number_is_too_large() {
    let mut progress = Progress::unsaved().unwrap();
    for _ in 0..3 {
        progress
            .reached("gather", usize::MAX, usize::MAX, Duration::MAX)
            .unwrap();
        progress.finished("gather", Duration::MAX).unwrap();
    }
    let lessons = progress.lessons().unwrap();
    assert!(lessons[0].finished && lessons[0].done == lessons[0].steps);
}

#[test]
fn who_only_looks_makes_nothing() {
    let directory = TempDir::new().unwrap();
    let place = directory.path().join("not there");
    assert!(Progress::open_existing(&place).unwrap().is_none());
    assert!(!place.exists());
    assert!(Progress::open_existing(directory.path()).unwrap().is_none());
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}
