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
