//! `asyncdemo course new`.

use super::*;

#[test]
fn a_new_course_holds_what_it_says() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("my/course");
    let told = format!(
        "01-waiting.md\n  a lesson that works: change it, and add 02-yours.md\nREADME.md\n  how to write one\n\nNext: asyncdemo course check {}\n",
        folder.display()
    );
    let new = || Test::new(["course", "new"]).args([&folder]);
    new().stdout(told).run();
    crate::support::on_a_quiet_machine("no problems", || {
        let problems = check(&folder).output();
        match problems.status {
            Some(0) => "no problems".to_owned(),
            _ => problems.stdout,
        }
    });
    let lesson = folder.join("01-waiting.md");
    fs::write(&lesson, "mine").unwrap();
    let told = format!(
        "asyncdemo: {} is not empty. A course begins in a new directory, or in an empty one.\n",
        folder.display()
    );
    new().status(1).stderr(told).run();
    assert_eq!(fs::read_to_string(lesson).unwrap(), "mine");
}

#[test]
fn a_course_begins_in_no_file() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "mine").unwrap();
    let output = Test::new(["course", "new"]).args([&file]).output();
    assert_eq!((output.status, &*output.stdout), (Some(1), ""));
    let told = format!("asyncdemo: {} cannot be made: ", file.display());
    assert!(output.stderr.starts_with(&told), "{}", output.stderr);
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}
