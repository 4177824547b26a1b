//! A learner's progress as its users meet it: killed programs, two at once, and every way in which a
//! file can be of no use.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{Output, Test, no_hang, wait};
use asyncdemo::progress::{Progress, QuestionKind};
use tempfile::TempDir;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Marks a process as a child of these tests, and says what it is to do.
const ROLE: &str = "ASYNCDEMO_TEST_ROLE";
const PLACE: &str = "ASYNCDEMO_TEST_PLACE";

/// This program once more, to do one thing in `place`.
fn child(role: &str, place: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "progress::as_a_child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ROLE, role)
        .env(PLACE, place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// Does nothing, unless a test of this file has started it as a program of its own.
#[test]
fn as_a_child() {
    let (Some(role), Some(place)) = (env::var_os(ROLE), env::var_os(PLACE)) else {
        return;
    };
    match role.to_str().unwrap() {
        "endless" => play(Path::new(&place), "gather", usize::MAX),
        "fill" => fill(Path::new(&place)),
        lesson => play(Path::new(&place), lesson, 150),
    }
}

/// Goes on with a lesson for so many steps, and says each number once the step is kept.
fn play(place: &Path, lesson: &str, steps: usize) {
    let mut progress = Progress::open(place).unwrap();
    let first = progress.position(lesson).unwrap().unwrap_or_default();
    for step in first..first.saturating_add(steps) {
        let question = format!("question {step}");
        let right = step % 2 == 0;
        progress
            .answered(
                lesson,
                step,
                QuestionKind::Predict,
                &question,
                "200ms",
                right,
            )
            .unwrap();
        progress
            .reached(lesson, step + 1, 1_000_000, MILLISECOND)
            .unwrap();
        progress
            .reached("both", step, 1_000_000, MILLISECOND)
            .unwrap();
        println!("\nkept {}", step + 1);
        stdout().flush().unwrap();
    }
}

/// Writes until the disk is full, and says so; then reads what was kept.
fn fill(place: &Path) {
    let mut progress = match Progress::open(place) {
        Ok(progress) => progress,
        Err(trouble) => return println!("\nat once {trouble}"),
    };
    let answer = "a".repeat(2_000);
    for step in 0..10_000 {
        let kept = progress
            .answered(
                "gather",
                step,
                QuestionKind::Quiz,
                &step.to_string(),
                &answer,
                true,
            )
            .and_then(|()| progress.reached("gather", step + 1, 10_000, MILLISECOND));
        if let Err(trouble) = kept {
            println!("\nafter {step} {trouble}");
            let position = progress.position("gather").unwrap();
            drop(progress);
            let again = Progress::open(place);
            let again = again.map(|progress| progress.position("gather").unwrap());
            return println!("\nthen {position:?} and {again:?}");
        }
    }
    println!("\nnever full");
}

/// The last step that the child said was kept.
fn last_kept(child: &mut Child) -> usize {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("kept ")?.parse().ok())
        .last()
        .unwrap_or_default()
}

/// Numbers that look random, and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn killed_fifty_times_it_loses_at_most_the_step_in_hand() {
    let directory = TempDir::new().unwrap();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(since.as_nanos() as u64 | 1);
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let mut kept = 0;
    let mut in_the_middle = 0;
    for kill in 0..50 {
        let mut child = child("endless", directory.path()).spawn().unwrap();
        // From before it has opened the file until it is deep in the lesson.
        wait(MILLISECOND * dice.below(80) as u32);
        child.kill().unwrap();
        let last = last_kept(&mut child);
        child.wait().unwrap();
        in_the_middle += usize::from(last > 0);
        kept = kept.max(last);

        // This looks into every page of the file, too.
        let progress = Progress::open(directory.path()).unwrap();
        let position = progress.position("gather").unwrap().unwrap_or_default();
        assert!(
            position == kept || position == kept + 1,
            "SEED={seed}, kill {kill}: {kept} kept, and it goes on with {position}"
        );
        let lessons = progress.lessons().unwrap();
        let gather = lessons.iter().find(|lesson| lesson.lesson == "gather");
        let answers = gather.map_or(0, |gather| gather.predictions.asked);
        assert!(
            answers == position || answers == position + 1,
            "SEED={seed}, kill {kill}: {answers} answers at step {position}"
        );
        kept = position;
    }
    println!("{in_the_middle} killed in the middle, {kept} steps kept");
    assert!(in_the_middle > 0, "none was ever in the middle");
}

#[test]
fn two_programs_on_one_file_lose_nothing() {
    let directory = TempDir::new().unwrap();
    let mut children: Vec<_> = ["sleep", "gather"]
        .map(|lesson| child(lesson, directory.path()).spawn().unwrap())
        .into();
    no_hang("both play to the end", move || {
        for child in &mut children {
            assert_eq!(last_kept(child), 150);
            assert!(child.wait().unwrap().success());
        }
    });
    let progress = Progress::open(directory.path()).unwrap();
    let lessons = progress.lessons().unwrap();
    let [both, gather, sleep] = &lessons[..] else {
        panic!("{lessons:?}")
    };
    assert_eq!(both.spent, MILLISECOND * 300, "no sum was overwritten");
    for lesson in [gather, sleep] {
        assert_eq!((lesson.done, lesson.predictions.asked), (150, 150));
    }
}

/// Every file of a directory with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = directory.read_dir().unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
        .collect()
}

/// The standard error as one line: it may be wrapped.
fn said(output: &Output) -> String {
    output
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn status(directory: &Path) -> Test {
    Test::new(["status"]).args(["--data-dir".as_ref(), directory.as_os_str()])
}

fn reset(directory: &Path) -> Test {
    Test::new(["reset"]).args(["--data-dir".as_ref(), directory.as_os_str()])
}

/// Both commands, and the library, name the file and say what to do; and nothing is changed.
#[track_caller]
fn refused(directory: &Path, file: &Path, why: &str) {
    let before = files(directory);
    for call in [status(directory), reset(directory).args(["--yes"])] {
        let output = call.output();
        let told = said(&output);
        let begin = format!("asyncdemo: {} {why}", file.display());
        assert!(told.starts_with(&begin), "{told}");
        assert!(told.contains("ive --data-dir"), "no advice: {told}");
        assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""));
    }
    let trouble = Progress::open(directory).unwrap_err().to_string();
    assert!(trouble.contains(why), "{trouble}");
    assert_eq!(files(directory), before, "{why}");
}

/// A learner who is in the middle of `gather`.
fn begun(directory: &Path) {
    let mut progress = Progress::open(directory).unwrap();
    progress
        .reached("gather", 3, 9, Duration::from_secs(125))
        .unwrap();
    for (kind, question, right) in [
        (QuestionKind::Predict, "one", true),
        (QuestionKind::Predict, "two", false),
        (QuestionKind::Quiz, "three", true),
    ] {
        progress
            .answered("gather", 2, kind, question, "a", right)
            .unwrap();
    }
}

#[test]
fn a_file_that_is_of_no_use_is_named_and_left_alone() {
    let directory = TempDir::new().unwrap();
    begun(directory.path());
    let file = directory.path().join("progress.db");
    let whole = fs::read(&file).unwrap();
    let mut cases: Vec<(&str, Vec<u8>)> = Vec::new();
    let changed = |at: std::ops::Range<usize>, to: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at].copy_from_slice(to);
        bytes
    };
    cases.push(("is damaged", whole[..whole.len() - 4096].to_vec()));
    cases.push(("is damaged", changed(4096..8192, &[0xA5; 4096])));
    cases.push(("is empty", Vec::new()));
    cases.push(("is not a SQLite database", b"my notes".to_vec()));
    cases.push(("is not a SQLite database", vec![b'n'; 9_000]));
    cases.push((
        "was made by a newer version of asyncdemo",
        changed(60..64, &299_i32.to_be_bytes()),
    ));
    cases.push((
        "was made by asyncdemo for something else",
        changed(60..64, &101_i32.to_be_bytes()),
    ));
    cases.push((
        "is a SQLite database of another program",
        changed(68..72, b"note"),
    ));
    for (why, bytes) in cases {
        fs::write(&file, bytes).unwrap();
        refused(directory.path(), &file, why);
    }
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused(directory.path(), &file, "is a directory");
}

#[test]
fn a_place_that_is_of_no_use_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("notes");
    fs::write(&file, "mine").unwrap();
    for (place, named) in [
        (file.clone(), file.clone()),
        (file.join("in it"), file.join("in it")),
    ] {
        let output = status(&place).output();
        let told = said(&output);
        assert!(
            told.starts_with(&format!("asyncdemo: {} ", named.display())),
            "{told}"
        );
        assert!(told.contains("ive --data-dir"), "{told}");
        assert_eq!(output.status, Some(1));
        let trouble = Progress::open(&place).unwrap_err();
        assert!(trouble.to_string().contains("ive --data-dir"), "{trouble}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn where_its_place_comes_from() {
    let home = TempDir::new().unwrap();
    let of = |place: &str| home.path().join(place);
    let listed = |test: Test| test.args(["--format", "json"]).output().stdout;
    begun(&of("given"));
    let given = listed(status(&of("given")).env("ASYNCDEMO_DATA_DIR", of("variable")));
    assert!(given.contains(r#""name":"gather""#), "{given}");
    // Nobody was there before.
    let call = || Test::new(["status"]).env("HOME", home.path());
    for name in ["variable", "data/asyncdemo", ".local/share/asyncdemo"] {
        begun(&of(name));
        let test = match name {
            "variable" => call().env("ASYNCDEMO_DATA_DIR", of(name)),
            "data/asyncdemo" => call().env("XDG_DATA_HOME", of("data")),
            _ => call(),
        };
        // What XDG_DATA_HOME says counts on Unix alone.
        if cfg!(unix) {
            assert_eq!(listed(test), given, "{name}");
        }
    }
}

/// Without HOME the home directory is looked up in the list of users; so here is one who is not in it.
#[cfg(target_os = "linux")]
#[test]
fn without_a_home_it_says_what_to_set() {
    let call = |program: &str| {
        Command::new("unshare")
            .args(["--map-user=54321", program])
            .arg("status")
            .env_remove("HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("ASYNCDEMO_DATA_DIR")
            .output()
    };
    if !call("true").is_ok_and(|output| output.status.success()) {
        println!("not tried: nobody can be somebody else here");
        return;
    }
    let output = call(env!("CARGO_BIN_EXE_asyncdemo")).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "asyncdemo: progress.db has no place: there is no home directory. Set HOME, or ASYNCDEMO_DATA_DIR, or give --data-dir a directory.\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_locked_file_is_waited_for_and_then_named() {
    let directory = TempDir::new().unwrap();
    begun(directory.path());
    let file = directory.path().join("progress.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM lessons;")
        .unwrap();
    let output = status(directory.path()).output();
    let begin = format!(
        "asyncdemo: {} is locked by another program.",
        file.display()
    );
    assert!(said(&output).starts_with(&begin), "{}", said(&output));
    assert_eq!(output.status, Some(1));
    other.execute_batch("ROLLBACK").unwrap();
    let progress = Progress::open(directory.path()).unwrap();
    assert_eq!(progress.position("gather").unwrap(), Some(3));
}

/// Runs a script of the shell as the root of a namespace, where this machine lets a user have one: in
/// `$1` it may mount. `$0` is this program as a child.
#[cfg(target_os = "linux")]
fn in_a_namespace(script: &str, role: &str, place: &Path) -> Option<String> {
    let alike = child(role, place);
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .arg(alike.get_program())
        .arg(place)
        .arg(env!("CARGO_BIN_EXE_asyncdemo"))
        .args(alike.get_args())
        .env(ROLE, role)
        .env(PLACE, place)
        .output();
    match output {
        Ok(output) if output.status.code() == Some(99) => {
            println!("not tried: {}", String::from_utf8_lossy(&output.stderr));
            None
        }
        Err(error) => {
            println!("not tried: no unshare: {error}");
            None
        }
        Ok(output) => Some(
            String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        ),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_what_was_kept_is_there() {
    for size in ["200k", "40k", "8k"] {
        let directory = TempDir::new().unwrap();
        let script = format!(
            "mount -t tmpfs -o size={size} none \"$1\" || exit 99
             place=$1; shift 2; exec \"$0\" \"$@\""
        );
        let Some(told) = in_a_namespace(&script, "fill", directory.path()) else {
            return;
        };
        let file = directory.path().join("progress.db");
        let full = format!(
            "{} could not be written: the disk is full. What was saved before is still there. Free some space, or give --data-dir another directory.",
            file.display()
        );
        let line = |begin: &str| told.lines().find_map(|line| line.strip_prefix(begin));
        println!("{size}: {told}");
        if let Some(later) = line("after ") {
            let (step, why) = later.split_once(' ').unwrap();
            assert_eq!(why, full, "{size}");
            let kept = format!("Some({step})");
            let then = line("then ").unwrap_or_else(|| panic!("{told}"));
            // The file may need more room to be opened than there is; what was kept is in it.
            let (now, again) = then.split_once(" and ").unwrap();
            assert!(now == kept || step == "0" && now == "None", "{told}");
            assert!(
                again == format!("Ok({now})") || again.contains("Full"),
                "{told}"
            );
        } else {
            let why = line("at once ").unwrap_or_else(|| panic!("{told}"));
            assert_eq!(why, full, "{size}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_cannot_be_written_is_told() {
    let directory = TempDir::new().unwrap();
    begun(directory.path());
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99
        \"$2\" status --data-dir \"$1\"";
    let Some(told) = in_a_namespace(script, "none", directory.path()) else {
        return;
    };
    let file = directory.path().join("progress.db");
    assert!(
        told.contains(&format!("{} may not be written by you.", file.display())),
        "{told}"
    );

    let empty = TempDir::new().unwrap();
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99
        place=$1; shift 2; exec \"$0\" \"$@\"";
    let told = in_a_namespace(script, "fill", empty.path()).unwrap();
    assert!(
        told.contains("progress.db cannot be made: read-only filesystem"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_of_somebody_else_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let directory = TempDir::new().unwrap();
    begun(directory.path());
    let file = directory.path().join("progress.db");
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&file, 0o400);
    if fs::OpenOptions::new().append(true).open(&file).is_ok() {
        println!("not tried: this user may write everything");
        return;
    }
    refused(directory.path(), &file, "may not be written by you");
    allow(&file, 0o600);
    allow(directory.path(), 0o500);
    refused(directory.path(), &file, "may not be written by you");
    allow(directory.path(), 0o000);
    let output = status(directory.path()).output();
    assert!(said(&output).contains("cannot be looked at"), "{output:?}");
    allow(directory.path(), 0o700);
    assert!(gather(directory.path()).is_some(), "it is whole");
}

/// The lesson `gather` in the status.
fn gather(directory: &Path) -> Option<serde_json::Value> {
    let output = status(directory).args(["--format", "json"]).output();
    assert_eq!((output.status, said(&output).as_str()), (Some(0), ""));
    let told: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(told["schema"], "asyncdemo.status/1");
    let lessons = told["lessons"].as_array().unwrap();
    let gather = lessons.iter().find(|lesson| lesson["name"] == "gather");
    gather.filter(|gather| gather["spent_s"] != 0.0).cloned()
}

#[test]
fn the_status_for_scripts() {
    let directory = TempDir::new().unwrap();
    let place = directory.path().join("place");
    assert_eq!(gather(&place), None);
    assert!(!place.exists(), "who only looks makes nothing");
    begun(&place);
    let gather = gather(&place).unwrap();
    assert_eq!(gather["done_count"], 3);
    assert_eq!(
        gather["predictions"],
        serde_json::json!({"right_count": 1, "asked_count": 2})
    );
    assert_eq!(
        gather["quiz"],
        serde_json::json!({"right_count": 1, "asked_count": 1})
    );
    assert_eq!(gather["spent_s"], 125.0);
    assert_eq!(gather["to_review_count"], 1);
    assert_eq!(gather["finished"], false);
}

#[test]
fn reset_without_anybody_to_ask_wants_yes() {
    let directory = TempDir::new().unwrap();
    begun(directory.path());
    reset(directory.path())
        .status(2)
        .stderr("asyncdemo: reset asks before it forgets, and there is nobody to ask. With --yes it does not ask.\n")
        .run();
    assert!(gather(directory.path()).is_some());

    let unknown = reset(directory.path()).args(["gatherr", "--yes"]).output();
    assert!(
        said(&unknown).starts_with("asyncdemo: there is no lesson `gatherr`; there are"),
        "{unknown:?}"
    );
    assert_eq!(unknown.status, Some(2));
    assert!(gather(directory.path()).is_some());

    reset(directory.path())
        .args(["gather", "--yes"])
        .stdout("Forgotten: your progress in gather.\n")
        .run();
    assert_eq!(gather(directory.path()), None);
    reset(directory.path())
        .args(["--yes"])
        .stdout("There is no progress to forget.\n")
        .run();
    let nowhere = directory.path().join("nowhere");
    reset(&nowhere)
        .args(["--yes"])
        .stdout("There is no progress to forget.\n")
        .run();
    assert!(!nowhere.exists());
}

#[cfg(unix)]
#[test]
fn reset_asks_and_takes_nothing_but_a_yes_for_one() {
    let directory = TempDir::new().unwrap();
    begun(directory.path());
    // Ctrl-D and Ctrl-C are a no as well.
    for (keys, code) in [
        ("\r", 0),
        ("n\r", 0),
        ("yep\r", 0),
        ("\x04", 0),
        ("\x03", 130),
    ] {
        let mut terminal = reset(directory.path()).on_a_terminal(10, 80);
        terminal.wait_for("Forget all your progress: 3 steps and 3 answers? [y/N]");
        terminal.press(keys);
        let seen = terminal.finish();
        assert!(
            seen.screen.contains("Nothing was forgotten."),
            "{}",
            seen.screen
        );
        assert_eq!(
            (seen.status, seen.ready_for_a_shell),
            (code, true),
            "{keys:?}"
        );
        assert!(gather(directory.path()).is_some());
    }
    let mut terminal = reset(directory.path())
        .args(["gather"])
        .on_a_terminal(10, 80);
    terminal.wait_for("Forget your progress in gather: 3 steps and 3 answers? [y/N]");
    terminal.press("Y\r");
    let seen = terminal.finish();
    assert!(
        seen.screen.contains("Forgotten: your progress in gather."),
        "{}",
        seen.screen
    );
    assert_eq!(gather(directory.path()), None);
}
