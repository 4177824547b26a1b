//! A lesson in front of a class: the screens, and what remains of the terminal afterwards.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{Finished, Terminal, Test, signal, within};

const LESSON: &str = r#"# Two waits

```toml lesson
title = "Two waits"
question = "How do I wait twice?"
concept = "gather"
minutes = 5
belief = "Two waits take two threads."
```

Read *this* first.

```toml predict
question = "How long do both take?"
run = "gather --delays 100ms,200ms --strategy join"
value = "join.wall_s"
unit = "time"
answer = "200ms"
tolerance = 100
choices = [
  { text = "their sum", value = "1h" },
  { text = "the longer one", value = "200ms" },
]
why = "The waits overlap."
```

```text notes
Ask the back row.
```

```toml quiz
question = "What starts a future?"
choices = [
  { text = "Calling it", why = "That makes it." },
  { text = "Awaiting it", right = true, why = "Then it is polled." },
]
```

```sh run
asyncdemo gather --delays 30s,30s --strategy join
```

```toml code
concept = "gather"
strategy = "join"
```
"#;

struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("01-two.md"), LESSON).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn present(&self) -> Test {
        Test::new(["present", "--course"]).args([self.path()])
    }

    fn on(&self, rows: u16, columns: u16) -> Terminal {
        self.present().on_a_terminal(rows, columns)
    }
}

/// A terminal that is as if nothing had happened: the alternate screen was left, nothing stands on the
/// other one, and the cursor can be seen.
#[track_caller]
fn whole(seen: &Finished, status: u32) {
    assert_eq!(seen.status, status, "{}", seen.screen);
    assert!(seen.ready_for_a_shell, "{}", seen.screen);
    assert_eq!(seen.screen, "");
    let (entered, left) = (
        seen.raw.matches("\x1b[?1049h"),
        seen.raw.matches("\x1b[?1049l"),
    );
    assert_eq!(entered.count(), left.count());
}

#[test]
fn without_a_terminal_it_says_so() {
    let told = "asyncdemo: present needs a terminal that it can fill: its input and its output must both be one, and not a dumb one. To play a lesson line by line, or in a pipe: asyncdemo learn\n";
    Test::new(["present"]).status(2).stderr(told).run();
    let seen = Test::new(["present"])
        .env("TERM", "dumb")
        .on_a_terminal(24, 80)
        .finish();
    assert_eq!(seen.status, 2);
    assert!(!seen.raw.contains("\x1b[?1049h"), "{}", seen.raw);
}

#[test]
fn the_built_in_lessons_are_there() {
    let mut terminal = Test::new(["present", "gather"]).on_a_terminal(24, 80);
    terminal.wait_for("True?");
    terminal.press("q");
    whole(&terminal.finish(), 0);
    let output = Test::new(["present", "nosuch"])
        .on_a_terminal(24, 80)
        .finish();
    assert_eq!(output.status, 2);
    assert!(
        output.screen.contains("no lesson `nosuch`"),
        "{}",
        output.screen
    );
}

#[test]
fn votes_stand_beside_what_is_measured() {
    let room = Room::new();
    let mut terminal = room.on(30, 80);
    terminal.wait_for("True? \"Two waits take two threads.\"");
    terminal.press(" ");
    terminal.wait_for("Read this first.");
    terminal.press(" ");
    terminal.wait_for("How long do both take?");
    terminal.press("1");
    terminal.wait_for("p asks the room first");
    terminal.press("p");
    terminal.wait_for("the longer one");
    terminal.press("9");
    terminal.wait_for("there is no answer 9");
    terminal.press("1222u");
    // Nobody follows the others: a round is hidden until it is closed.
    terminal.wait_for("Round 1: 3 hands so far");
    assert!(!terminal.shows("██"));
    terminal.press("n");
    terminal.wait_for("Ask the back row.");
    terminal.press("n\r");
    terminal.wait_for("2 of 3 hands were right");
    // The result first: why is the next key's, and the next slide the one's after that.
    terminal.wait_until("the result stands without its why", |frame| {
        frame.contains("fetch two") && !frame.contains("overlap")
    });
    terminal.press(" ");
    terminal.wait_for("The waits overlap.");
    assert!(terminal.shows("fetch two"));
    terminal.press(" ");
    terminal.wait_for("What starts a future?");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn both_rounds_stand_beside_what_is_measured_and_can_be_saved() {
    for (rows, columns) in [(24, 80), (36, 120)] {
        let room = Room::new();
        let folder = tempfile::tempdir().unwrap();
        let shell = format!(
            "cd '{}' && exec '{}' present --course '{}'",
            folder.path().display(),
            env!("CARGO_BIN_EXE_asyncdemo"),
            room.path().display()
        );
        let test = Test::new(["-c", shell.as_str()]);
        let mut terminal = test.program_on_a_terminal("/bin/sh".as_ref(), rows, columns);
        terminal.wait_for("True?");
        terminal.press("  e");
        terminal.wait_for("nobody has voted yet");
        terminal.press("p1112p");
        terminal.wait_until("round one is closed", |frame| {
            frame.contains("Talk to your neighbours") && frame.contains("█ 3")
        });
        terminal.press("2");
        terminal.wait_for("the round is closed");
        // Closed by mistake: nothing is lost.
        terminal.press("P");
        terminal.wait_for("Round 1: 4 hands so far");
        terminal.press("pp1222");
        terminal.wait_until("round one is seen, and round two is not", |frame| {
            frame.contains("Round 2: 4 hands so far")
                && frame.contains("█ 3")
                && !frame.contains("round 2")
        });
        terminal.press("p");
        terminal.wait_for("Both rounds are closed.");
        terminal.wait_until("both rounds stand beside each other", |frame| {
            frame.contains("round 1") && frame.contains("round 2")
        });
        terminal.press("\r");
        terminal.wait_for("right: 1 of 4 hands, then 3 of 4 hands");
        terminal.press(" ");
        terminal.wait_until("the why has the picture beside it", |frame| {
            frame.contains("The waits overlap.") && frame.contains("fetch two")
        });
        assert!(terminal.shows("right: 1 of 4 hands, then 3 of 4 hands"));
        assert!(!terminal.shows("more: ↓"));
        terminal.press("p");
        terminal.wait_for("no more votes");
        for name in ["votes-01-two.csv", "votes-01-two-2.csv"] {
            terminal.press("e");
            terminal.wait_for(&format!("saved in {name}"));
            let csv = fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(
                csv.lines().collect::<Vec<_>>(),
                [
                    "lesson,slide,question,round,choice,text,hands,devices",
                    "01-two,2,How long do both take?,1,1,their sum,3,0",
                    "01-two,2,How long do both take?,1,2,the longer one,1,0",
                    "01-two,2,How long do both take?,2,1,their sum,1,0",
                    "01-two,2,How long do both take?,2,2,the longer one,3,0",
                ]
            );
        }
        terminal.press("q");
        whole(&terminal.finish(), 0);
    }
}

#[test]
fn round_one_can_be_kept_until_round_two_is_over() {
    let room = Room::new();
    let mut terminal = room.on(24, 80);
    terminal.wait_for("True?");
    terminal.press("  vp11p");
    terminal.wait_for("Talk to your neighbours");
    assert!(!terminal.shows("█"));
    terminal.press("p2p");
    terminal.wait_until("both rounds are shown", |frame| {
        frame.contains("█ 2") && frame.contains("█ 1")
    });
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn a_quiz_has_its_answers_and_a_key_is_explained() {
    let room = Room::new();
    let mut terminal = room.on(30, 80);
    terminal.wait_for("True?");
    terminal.press("   ");
    terminal.wait_for("Awaiting it");
    terminal.press("\r");
    terminal.wait_for("Awaiting it ✓");
    terminal.wait_for("That makes it.");
    terminal.press("?");
    terminal.wait_for("take one hand back");
    terminal.press("?b");
    terminal.wait_for("How long do both take?");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn code_and_python_can_be_looked_at() {
    let room = Room::new();
    let mut terminal = room.on(40, 130);
    terminal.wait_for("True?");
    terminal.press("  c");
    terminal.wait_for("async fn join");
    terminal.press("y");
    terminal.wait_for("async def");
    terminal.press("y+");
    terminal.wait_for("--delays 200ms,400ms");
    terminal.press("s\r");
    terminal.wait_for("sequential");
    terminal.wait_for("faster");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn both_themes_have_their_ground() {
    let room = Room::new();
    let mut terminal = room
        .present()
        .args(["--theme", "light"])
        .on_a_terminal(24, 80);
    terminal.wait_for("True?");
    terminal.press("l");
    terminal.wait_for("True?");
    terminal.press("?");
    terminal.wait_for("these keys");
    terminal.press("qq");
    let seen = terminal.finish();
    whole(&seen, 0);
    assert!(seen.raw.contains("48;5;231m") && seen.raw.contains("48;5;16m"));
    let plain = room.present().args(["--color", "never"]);
    let mut terminal = plain.on_a_terminal(24, 80);
    terminal.wait_for("True?");
    terminal.press("q");
    let seen = terminal.finish();
    whole(&seen, 0);
    assert!(!seen.raw.contains(";5;"), "{}", seen.raw);
}

#[test]
fn keys_are_answered_while_a_demo_runs() {
    let room = Room::new();
    let mut terminal = room.on(30, 80);
    terminal.wait_for("True?");
    terminal.press("    \r");
    terminal.wait_for("fetch one");
    terminal.press("t");
    terminal.wait_for("of 5 min");
    terminal.press("c");
    terminal.wait_for("async fn join");
    terminal.press("c");
    terminal.wait_for("fetch two");
    terminal.press("\r");
    terminal.wait_for("it runs: esc stops it");
    terminal.press("\x1b");
    terminal.wait_for("stopped before its end");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn whatever_ends_it_the_terminal_comes_back() {
    let room = Room::new();
    // On the title, and while something runs.
    for keys in ["", "    \r"] {
        let until = if keys.is_empty() {
            "True?"
        } else {
            "fetch two"
        };
        for (name, status) in [("ctrl-c", 130), ("INT", 130), ("TERM", 143)] {
            let mut terminal = room.on(24, 80);
            terminal.wait_for("True?");
            terminal.press(keys);
            terminal.wait_for(until);
            match name {
                "ctrl-c" => terminal.press("\x03"),
                name => signal(name, terminal.pid()),
            }
            whole(&terminal.finish(), status);
        }
    }
}

#[test]
fn two_signals_at_once_do_no_harm() {
    let room = Room::new();
    let terminal = room.on(24, 80);
    terminal.wait_for("True?");
    signal("TERM", terminal.pid());
    signal("TERM", terminal.pid());
    let seen = terminal.finish();
    assert_eq!(
        (seen.status, seen.ready_for_a_shell),
        (143, true),
        "{}",
        seen.screen
    );
    assert!(seen.raw.contains("\x1b[?1049l"));
}

#[test]
fn it_can_be_put_aside_and_taken_up_again() {
    let room = Room::new();
    // Only a shell's job can be stopped from the keyboard.
    let shell = Test::new(["-i"]).env("PS1", "");
    let mut terminal = shell.program_on_a_terminal("/bin/sh".as_ref(), 24, 80);
    let program = env!("CARGO_BIN_EXE_asyncdemo");
    terminal.press(&format!(
        "{program} present --course {}\r",
        room.path().display()
    ));
    terminal.wait_for("True?");
    for _ in 0..2 {
        terminal.press(" ");
        terminal.wait_for("Read this first.");
        terminal.press("\x1a");
        terminal.wait_for("Stopped");
        terminal.press("stty -a | grep -c ' icanon' | sed 's/^/cooked: /'\r");
        terminal.wait_for("cooked: 1");
        terminal.press("clear; fg\r");
        terminal.wait_for("Read this first.");
        terminal.press("b");
        terminal.wait_for("True?");
    }
    terminal.press("q");
    terminal.wait_until("the shell", |frame| !frame.contains("True?"));
    terminal.press("exit 7\r");
    let seen = terminal.finish();
    assert_eq!(seen.status, 7, "{}", seen.screen);
}

#[test]
fn stopped_from_outside_it_draws_itself_again() {
    let room = Room::new();
    let mut terminal = room.on(24, 80);
    terminal.wait_for("True?");
    signal("STOP", terminal.pid());
    signal("CONT", terminal.pid());
    terminal.wait_for("True?");
    terminal.press(" ");
    terminal.wait_for("Read this first.");
    terminal.press("q");
    let seen = terminal.finish();
    assert_eq!((seen.status, seen.screen.as_str()), (0, ""));
    assert_eq!(seen.raw.matches("\x1b[?1049h").count(), 2);
}

#[test]
fn it_goes_on_when_the_window_shrinks() {
    let room = Room::new();
    let mut terminal = room.on(40, 130);
    terminal.wait_for("True?");
    terminal.press("  p\r");
    terminal.wait_for("measured");
    for (rows, columns) in [(24, 80), (12, 40), (3, 10), (1, 1), (12, 40)] {
        terminal.resize(rows, columns);
        terminal.press(".");
        terminal.press(".");
    }
    // A key that comes in the same instant as a resize is read with the key after it: crossterm looks
    // at one of the two. So it is pressed until it is heard; at the first slide it does nothing more.
    within("it goes back", || {
        terminal.press("b");
        crate::support::wait(Duration::from_millis(50));
        terminal.shows("How do I wait twice?").then_some(())
    });
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn what_was_recorded_is_played_and_marked() {
    let room = Room::new();
    let runs = room.path().join("runs");
    let record = room.present().args(["--record".as_ref(), runs.as_os_str()]);
    let mut terminal = record.on_a_terminal(30, 80);
    terminal.wait_for("True?");
    terminal.press("  \r");
    terminal.wait_for("measured");
    terminal.press("q");
    whole(&terminal.finish(), 0);
    let files: Vec<_> = fs::read_dir(&runs)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files, ["01-two-02.json"]);

    let replay = room.present().args(["--replay".as_ref(), runs.as_os_str()]);
    let mut terminal = replay.on_a_terminal(30, 80);
    terminal.wait_for("True?");
    terminal.press("  \r");
    terminal.wait_for("REPLAY");
    terminal.wait_for("measured");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn no_figure_and_no_why_stand_beside_knobs_that_did_not_make_them() {
    for (rows, columns) in [(36, 120), (24, 80)] {
        let room = Room::new();
        let mut terminal = room.on(rows, columns);
        terminal.wait_for("True?");
        terminal.press("  \r");
        terminal.wait_for("measured");
        terminal.press(" ");
        terminal.wait_for("The waits overlap.");
        terminal.press("+");
        terminal.wait_until("the knob is turned", |frame| {
            frame.contains("$ asyncdemo gather --delays 200ms,400ms")
                && frame.contains("this picture: $ asyncdemo gather --delays 100ms,200ms")
                && !frame.contains("measured")
                && !frame.contains("The waits overlap.")
        });
        // Turned back, it is what it was.
        terminal.press("-");
        terminal.wait_until("the knob is turned back", |frame| {
            frame.contains("measured")
                && frame.contains("The waits overlap.")
                && !frame.contains("this picture")
        });
        terminal.press("+");
        terminal.wait_for("this picture");
        // The other knobs have a figure of their own, and no why.
        terminal.press("s\r");
        terminal.wait_until("all strategies have run", |frame| {
            frame.contains("measured")
                && frame.contains("with --delays 200ms,400ms")
                && !frame.contains("The waits overlap.")
                && !frame.contains("this picture")
        });
        terminal.press("q");
        whole(&terminal.finish(), 0);
    }
}

/// A class that has said what will come of a knob sees what came of it, whatever the knob was.
#[test]
fn what_came_of_a_knob_stands_beside_it() {
    let turn = "\n```toml try\nquestion = \"How long with these?\"\nrun = \"gather --strategy join\"\nknob = \"--delays\"\nsuggest = \"100ms,200ms\"\nvalue = \"join.wall_s\"\nunit = \"time\"\nwhy = \"The longer.\"\n```\n";
    for (rows, columns) in [(36, 120), (24, 80)] {
        let room = Room::new();
        let lesson = LESSON.replace("Read *this* first.", turn);
        fs::write(room.path().join("01-two.md"), lesson).unwrap();
        let mut terminal = room.on(rows, columns);
        terminal.wait_for("True?");
        terminal.press(" \r");
        terminal.wait_until("it has run", |frame| {
            frame.contains("measured") && !frame.contains("with --delays")
        });
        terminal.press("+\r");
        terminal.wait_until("it has run with other knobs", |frame| {
            frame.contains("measured") && frame.contains("with --delays 200ms,400ms")
        });
        terminal.press(" ");
        terminal.wait_for("The longer.");
        terminal.press("q");
        whole(&terminal.finish(), 0);
    }
}

/// What arithmetic says is never measured here: so it is where every run is disturbed.
#[test]
fn a_disturbed_run_is_run_again_and_the_room_is_judged_by_arithmetic() {
    let room = Room::new();
    let lesson = LESSON
        .replace("join.wall_s", "join.tasks.fetch two.end_s")
        .replace(
            "answer = \"200ms\"\ntolerance = 100",
            "answer = \"40ms\"\ntolerance = 10",
        )
        .replace("value = \"200ms\"", "value = \"40ms\"");
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let mut terminal = room.on(36, 120);
    terminal.wait_for("True?");
    terminal.press("  p122\r");
    terminal.wait_for("It runs again (2 of 3).");
    terminal.wait_for("It runs again (3 of 3).");
    terminal.wait_for("This run was disturbed. By arithmetic it");
    terminal.wait_for("the longer one ✓");
    terminal.wait_for("2 of 3 hands were right");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

/// Code with tabs, a table, HTML, and words that have no blanks between them.
const MIXED: &str = "Read *this* first.

```python
if a:
\tb()
```

| what | how long |
| --- | --- |
| `one` | 200 ms |

<p>In a paragraph.</p>

待機は仕事ではありません一つのスレッドで多くの待機ができます。";

#[test]
fn learn_and_present_show_the_same_markdown() {
    let room = Room::new();
    let lesson = LESSON
        .replace("Read *this* first.", MIXED)
        .replace("What starts a future?", "What *starts* a `future`?")
        .replace("\"Calling it\"", "\"Calling `it`\"");
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let answers = room.path().join("answers.txt");
    fs::write(&answers, "q\n").unwrap();
    let learn = Test::new(["learn", "--course"])
        .args([
            room.path().as_os_str(),
            "--answers".as_ref(),
            answers.as_os_str(),
        ])
        .env("COLUMNS", "60")
        .env("ASYNCDEMO_DATA_DIR", room.path())
        .output();
    let (_, shown) = learn.stdout.split_once("Read this first.").unwrap();
    let (shown, _) = shown.split_once("Enter goes on").unwrap();
    for line in [
        "  if a:\n      b()\n",
        "what  how long\n",
        "one   200 ms\n",
        "\nIn a paragraph.\n",
    ] {
        assert!(shown.contains(line), "{line:?} in\n{shown}");
    }
    let mut terminal = room.on(40, 64);
    terminal.wait_for("True?");
    terminal.press(" ");
    for line in shown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Where a line of them ends depends on the margin.
        if line.is_ascii() {
            terminal.wait_for(line);
        }
    }
    terminal.wait_until("no character is lost", |frame| {
        let ours = |text: &str| {
            text.chars()
                .filter(|ch| *ch > '\u{3000}')
                .collect::<String>()
        };
        ours(frame) == ours(MIXED)
    });
    terminal.press("  ");
    terminal.wait_for("What starts a future?");
    terminal.wait_for("Calling it");
    assert!(!terminal.shows("`"));
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn a_course_may_not_name_a_file_by_a_knob_that_is_turned_either() {
    let room = Room::new();
    let turn = "\n```toml try\nquestion = \"Q?\"\nrun = \"db\"\nknob = \"--database\"\nsuggest = \"x.db\"\nvalue = \"pool.wall_s\"\nunit = \"time\"\nwhy = \"W.\"\n```\n";
    fs::write(room.path().join("01-two.md"), format!("{LESSON}{turn}")).unwrap();
    let seen = room.on(24, 80).finish();
    assert_eq!(seen.status, 1);
    assert!(
        seen.screen.contains("a foreign course may not"),
        "{}",
        seen.screen
    );
    assert!(!room.path().join("x.db").exists());
}

#[test]
fn a_quiz_says_that_more_than_one_is_right() {
    let room = Room::new();
    let lesson = LESSON.replace(
        "{ text = \"Calling it\", why",
        "{ text = \"Spawning it\", right = true, why",
    );
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let mut terminal = room.on(24, 80);
    terminal.wait_for("True?");
    terminal.press("   ");
    terminal.wait_for("more than one is right");
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn recordings_that_are_not_there_are_told_before_it_begins() {
    let room = Room::new();
    let nowhere = room.path().join("nowhere");
    for folder in [&nowhere, &room.path().join("01-two.md")] {
        let replay = room
            .present()
            .args(["--replay".as_ref(), folder.as_os_str()]);
        let seen = replay.on_a_terminal(24, 200).finish();
        assert_eq!(seen.status, 2, "{}", seen.screen);
        let told = format!(
            "--replay {}: no recordings can be read there",
            folder.display()
        );
        assert!(seen.screen.contains(&told), "{}", seen.screen);
        assert!(!seen.raw.contains("\x1b[?1049h"));
    }
}

#[test]
fn a_folder_without_a_recording_of_these_lessons_is_told_before_it_begins() {
    let room = Room::new();
    let folder = room.path().join("runs");
    fs::create_dir(&folder).unwrap();
    for file in [
        None,
        Some("notes.txt"),
        Some("07-gather-02.json"),
        Some("01-two.md"),
    ] {
        if let Some(file) = file {
            fs::write(folder.join(file), "{}").unwrap();
        }
        let replay = room
            .present()
            .args(["--replay".as_ref(), folder.as_os_str()]);
        let seen = replay.on_a_terminal(24, 200).finish();
        let told = format!(
            "asyncdemo: --replay {0}: there is no recording of these lessons. asyncdemo present --record {0} makes them",
            folder.display()
        );
        assert_eq!(seen.status, 2, "{file:?}: {}", seen.screen);
        assert!(
            seen.screen.replace('\n', "").contains(&told),
            "{file:?}: {}",
            seen.screen
        );
        assert!(!seen.raw.contains("\x1b[?1049h"));
    }
}

#[test]
fn a_recording_with_other_knobs_is_not_shown_beside_these() {
    let room = Room::new();
    let runs = room.path().join("runs");
    let record = room.present().args(["--record".as_ref(), runs.as_os_str()]);
    let mut terminal = record.on_a_terminal(30, 80);
    terminal.wait_for("True?");
    terminal.press("  \r");
    terminal.wait_for("measured");
    terminal.press("q");
    whole(&terminal.finish(), 0);
    let lesson = LESSON.replace("100ms,200ms", "150ms,200ms");
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let replay = room.present().args(["--replay".as_ref(), runs.as_os_str()]);
    let mut terminal = replay.on_a_terminal(30, 200);
    terminal.wait_for("True?");
    terminal.press("  \r");
    terminal.wait_for("it was recorded with other knobs");
    terminal.wait_for("measured");
    assert!(!terminal.shows("REPLAY"));
    terminal.press("q");
    whole(&terminal.finish(), 0);
}

#[test]
fn where_the_live_run_fails_the_recorded_one_is_shown() {
    let room = Room::new();
    let lesson = LESSON.replace(
        "asyncdemo gather --delays 30s,30s --strategy join",
        "asyncdemo db --latency 20ms",
    );
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let runs = room.path().join("runs");
    for (folder, shown) in [("/tmp", "wall time"), ("/nowhere/at/all", "RECORDED")] {
        let record = room.present().args(["--record".as_ref(), runs.as_os_str()]);
        let mut terminal = record.env("TMPDIR", folder).on_a_terminal(40, 130);
        terminal.wait_for("True?");
        terminal.press("    \r");
        terminal.wait_for(shown);
        terminal.wait_until("the run is over", |frame| frame.contains("enter run"));
        terminal.press("q");
        whole(&terminal.finish(), 0);
    }
}

#[test]
fn a_course_that_reaches_outside_is_refused_before_it_begins() {
    let room = Room::new();
    let lesson = LESSON.replace(
        "gather --delays 30s,30s --strategy join",
        "db --database x.db",
    );
    fs::write(room.path().join("01-two.md"), lesson).unwrap();
    let seen = room.on(24, 80).finish();
    assert_eq!(seen.status, 1);
    assert!(
        seen.screen.contains("a foreign course may not"),
        "{}",
        seen.screen
    );
    assert!(!seen.raw.contains("\x1b[?1049h"));
}

/// Not a test of its own: [`a_panic_gives_the_terminal_back`] runs it on a terminal.
#[test]
#[ignore = "it panics"]
fn panics_on_the_stage() {
    let _stage = asyncdemo::classroom::terminal::FullScreen::take().unwrap();
    std::thread::spawn(|| panic!("a strategy"))
        .join()
        .unwrap_err();
    panic!("told on the usual screen");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let this = std::env::current_exe().unwrap();
    let test = Test::new([
        "present::panics_on_the_stage",
        "--exact",
        "--ignored",
        "--nocapture",
    ]);
    let seen = test.program_on_a_terminal(&this, 40, 120).finish();
    assert_eq!(seen.status, 101, "{}", seen.screen);
    assert!(
        seen.screen.contains("told on the usual screen"),
        "{}",
        seen.screen
    );
    assert!(!seen.raw.contains("a strategy"), "{}", seen.raw);
    assert!(seen.raw.contains("\x1b[?1049l") && seen.raw.contains("\x1b[?25h"));
}
