//! It stops when it is told to, whatever it is doing: the terminal is as it was, the exit code names the signal, and no
//! temporary file is left.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use asyncdemo::concepts;
use tempfile::TempDir;

use crate::support::{Finished, Terminal, Test, no_hang, signal, wait, within};

/// What a shell calls the signals that end a program, and their numbers.
const SIGNALS: [(&str, u32); 4] = [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Whoever stays in front of a terminal: every command that does, each long enough to be stopped.
fn commands(place: &Path) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let data = format!("--data-dir={}", place.join("data").display());
    let jobs = format!("--durable={}", place.join("jobs.db").display());
    let mut all = vec![
        vec!["learn".to_owned(), "gather".to_owned(), data],
        words("present gather"),
        words("tour"),
        words("tour --no-pause"),
        vec![
            "jobs".to_owned(),
            jobs,
            "--enqueue=9".to_owned(),
            "--work".to_owned(),
            "--job-time=20s".to_owned(),
        ],
    ];
    let pages = place.join("pages").display().to_string();
    all.push(vec!["course".to_owned(), "site".to_owned(), pages]);
    for concept in concepts::ALL {
        all.push(words(&format!("{} --all --repeat 100", concept.about.name)));
    }
    // It measures processes, not repetitions.
    all.retain(|line| line[0] != "scale");
    all.push(words("scale"));
    all
}

/// In front of a terminal with a directory of its own for temporary files, started as `before` says in a shell.
fn started(line: &[String], before: &str, place: &Path) -> Terminal {
    let script = format!("{before}\nexec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_asyncdemo");
    Test::new(["-c", &script, program])
        .args(line)
        .env("TMPDIR", place)
        .env("HOME", place)
        .program_on_a_terminal("/bin/sh".as_ref(), 30, 100)
}

/// It ends because of this signal, and everything is as it was.
#[track_caller]
fn is_as_before(seen: &Finished, number: u32, place: &Path, what: &str) {
    let told = format!(
        "{what}: status {}, on the screen:\n{}",
        seen.status, seen.screen
    );
    // Before its first words it may not listen yet, and the signal ends it as it does any program.
    let unheard = seen.raw.is_empty() && seen.killed;
    assert!(seen.status == 128 + number || unheard, "{told}");
    assert!(seen.cooked, "raw, or without echo: {told}");
    assert!(
        !seen.hidden_cursor && !seen.alternate,
        "not given back: {told}"
    );
    assert_eq!(left_in(place), Vec::<String>::new(), "{told}");
}

/// What is left of its temporary directories.
fn left_in(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries
        .filter(|name| name.starts_with("asyncdemo-"))
        .collect()
}

/// Each command meets a signal at some moment.
fn at_random_moments(seed: u64, signals: &[(&str, u32)], before: &str) {
    let count = commands(Path::new("")).len();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for which in 0..count {
        for (name, number) in signals {
            let place = TempDir::new().unwrap();
            let line = commands(place.path()).swap_remove(which);
            let after = Duration::from_millis(dice.below(1200));
            let what = format!("{name} to {line:?} after {after:?}, seed {seed}");
            let mut terminal = started(&line, before, place.path());
            terminal.wait_until("anything", |frame| !frame.is_empty());
            if dice.below(2) == 1 {
                terminal.press("\r");
            }
            wait(after);
            signal(name, terminal.pid());
            is_as_before(&terminal.finish(), *number, place.path(), &what);
        }
    }
}

#[test]
fn every_command_can_be_stopped_by_a_hang_up_at_any_moment() {
    at_random_moments(1, &SIGNALS[..1], "");
}

#[test]
fn every_command_can_be_stopped_by_an_interrupt_at_any_moment() {
    at_random_moments(2, &SIGNALS[1..2], "");
}

#[test]
fn every_command_can_be_stopped_by_a_quit_at_any_moment() {
    at_random_moments(3, &SIGNALS[2..3], "");
}

#[test]
fn every_command_can_be_stopped_by_a_termination_at_any_moment_where_all_signals_were_ignored() {
    at_random_moments(4, &SIGNALS[3..], "trap '' HUP INT QUIT TERM");
}

/// `cargo test --release --test suite stop::forty -- --ignored --nocapture`: every command, every signal, forty times,
/// twice. Most of the time is waiting for the moment, so many commands run side by side.
#[test]
#[ignore = "it takes a quarter of an hour"]
fn forty_random_moments_of_every_command() {
    const SIDE_BY_SIDE: usize = 12;
    let (start, next) = (Instant::now(), std::sync::atomic::AtomicU64::new(100));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= 140 {
                        break;
                    }
                    at_random_moments(seed, &SIGNALS, "");
                    at_random_moments(seed, &SIGNALS[1..], "trap '' HUP INT QUIT TERM");
                    println!("seed {seed} after {:?}", start.elapsed());
                }
            });
        }
    });
    let signals = 40 * commands(Path::new("")).len() * (SIGNALS.len() + SIGNALS.len() - 1);
    println!("{signals} signals in {:?}", start.elapsed());
}

#[test]
fn what_nohup_has_ignored_stays_ignored() {
    let place = TempDir::new().unwrap();
    let line = ["present", "gather"].map(str::to_owned);
    let mut terminal = started(&line, "trap '' HUP", place.path());
    terminal.wait_for("True?");
    signal("HUP", terminal.pid());
    terminal.press(" ");
    terminal.wait_until("the next slide", |frame| !frame.contains("True?"));
    signal("TERM", terminal.pid());
    is_as_before(
        &terminal.finish(),
        15,
        place.path(),
        "TERM after an ignored HUP",
    );
}

#[test]
fn it_ends_with_its_terminal_although_the_hang_up_is_ignored() {
    for (line, until) in [
        ("present gather", "True?"),
        ("learn gather", "> "),
        ("tour gather sleep", "Next, "),
    ] {
        for before in ["", "trap '' HUP"] {
            let place = TempDir::new().unwrap();
            let script = format!("{before}\nexec \"$0\" \"$@\"");
            let test = Test::new(["-c", &script, env!("CARGO_BIN_EXE_asyncdemo")])
                .args(line.split(' '))
                .env("HOME", place.path())
                .env("TMPDIR", place.path());
            let gone = no_hang(line, move || {
                test.on_a_terminal_that_goes("/bin/sh".as_ref(), until)
            });
            assert_eq!(gone.status, 129, "{line}, {before:?}");
            assert!(
                gone.cpu < Duration::from_secs(1),
                "{line}, {before:?}: it span for {:?}",
                gone.cpu
            );
            assert_eq!(left_in(place.path()), Vec::<String>::new());
        }
    }
}

/// An interactive shell, whose jobs can be halted.
fn shell(place: &Path) -> Terminal {
    Test::new(["-i"])
        .env("PS1", "")
        .env("HOME", place)
        .env("TMPDIR", place)
        .env("PROGRAM", env!("CARGO_BIN_EXE_asyncdemo"))
        .program_on_a_terminal("/bin/sh".as_ref(), 30, 100)
}

/// Says `cooked`, in one word, if the terminal has echo and lines.
const IS_COOKED: &str = "stty -a | grep -q ' icanon.* echo ' && echo coo''ked\r";

#[test]
fn ctrl_z_halts_also_who_waits_for_it() {
    let place = TempDir::new().unwrap();
    for line in [
        "sh -c '$PROGRAM present gather; true'\r",
        "sh -c '$PROGRAM gather --delays 60s,60s; true'\r",
    ] {
        let mut terminal = shell(place.path());
        terminal.press(line);
        let shown = if line.contains("present") {
            "True?"
        } else {
            "fetch one"
        };
        for _ in 0..2 {
            terminal.wait_for(shown);
            terminal.press("\x1a");
            terminal.wait_for("Stopped");
            terminal.press(IS_COOKED);
            terminal.wait_for("cooked");
            terminal.press("clear; fg\r");
            // What stood there before is cleared first.
            terminal.wait_until(shown, |frame| {
                frame.contains(shown) && !frame.contains("cooked")
            });
        }
        terminal.press("\x03");
        // A Ctrl-C takes along what was typed before it is heard.
        terminal.wait_until("the shell", |frame| {
            !frame.contains("True?") && (shown == "True?" || frame.contains("partial"))
        });
        terminal.press(IS_COOKED);
        terminal.wait_for("cooked");
        terminal.press("exit 7\r");
        assert_eq!(terminal.finish().status, 7, "{line}");
    }
}

/// The process that this one waits for.
#[cfg(target_os = "linux")]
fn child_of(pid: u32) -> u32 {
    within("a child", || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    })
}

#[test]
#[cfg(target_os = "linux")]
fn halted_from_outside_it_leaves_the_terminal_to_others_and_takes_it_again() {
    let place = TempDir::new().unwrap();
    let mut terminal = shell(place.path());
    terminal.press("$PROGRAM present gather\r");
    for _ in 0..2 {
        terminal.wait_for("True?");
        signal("TSTP", child_of(terminal.pid()));
        terminal.wait_for("Stopped");
        terminal.press(IS_COOKED);
        terminal.wait_for("cooked");
        terminal.press("clear; fg\r");
    }
    terminal.wait_for("True?");
    terminal.press("q");
    terminal.wait_until("the shell", |frame| !frame.contains("True?"));
    terminal.press("exit 7\r");
    assert_eq!(terminal.finish().status, 7);
}

#[test]
fn where_nobody_could_go_on_ctrl_z_changes_nothing() {
    let place = TempDir::new().unwrap();
    let line = ["present", "gather"].map(str::to_owned);
    let mut terminal = started(&line, "", place.path());
    terminal.wait_for("True?");
    terminal.press("\x1a ");
    terminal.wait_until("the next slide", |frame| !frame.contains("True?"));
    terminal.press("q");
    let seen = terminal.finish();
    assert_eq!(seen.status, 0, "{}", seen.screen);
}

/// A child that does not outlive its test.
struct Flood(Child);

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_hears_a_signal_while_answers_come_without_an_end() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let place = TempDir::new().unwrap();
        let yes = Command::new("yes").stdout(Stdio::piped()).spawn();
        let mut yes = Flood(yes.expect("there is `yes`"));
        let words = fs::File::create(place.path().join("words")).unwrap();
        let mut learn = Flood(
            Command::new(env!("CARGO_BIN_EXE_asyncdemo"))
                .args(["learn", "gather", "--data-dir"])
                .arg(place.path())
                .stdin(yes.0.stdout.take().unwrap())
                .stdout(words)
                .spawn()
                .unwrap(),
        );
        let size = || fs::metadata(place.path().join("words")).unwrap().len();
        within("much output", || (size() > 20_000).then_some(()));
        signal(name, learn.0.id());
        let status = within("it ends", || learn.0.try_wait().unwrap());
        assert_eq!(status.code(), Some(128 + number), "{status}");
    }
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let place = TempDir::new().unwrap();
    let data = place.path().as_os_str();
    Test::new(["learn", "gather", "--answers", "/dev/zero", "--data-dir"])
        .args([data])
        .status(2)
        .stderr(
            "asyncdemo: /dev/zero is longer than 1 MiB: that is no file of answers, a line each\n",
        )
        .run();
    let zero = fs::File::open("/dev/zero").unwrap();
    let learn = Command::new(env!("CARGO_BIN_EXE_asyncdemo"))
        .args(["learn", "gather", "--data-dir"])
        .args([data])
        .stdin(zero)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = no_hang("a line without an end", || {
        learn.wait_with_output().unwrap()
    });
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (
            output.status.code(),
            words.contains("a line of more than 65536 bytes")
        ),
        (Some(2), true),
        "{words}"
    );
}

#[test]
fn it_hears_a_signal_while_nobody_writes_the_answers() {
    let place = TempDir::new().unwrap();
    let pipe = place.path().join("answers");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&pipe, mode).unwrap();
    for (name, number) in SIGNALS {
        let learn = Test::new(["learn", "gather", "--answers"])
            .args([pipe.as_os_str()])
            .env("HOME", place.path())
            .start();
        listens(learn.pid());
        signal(name, learn.pid());
        assert_eq!(
            learn.output().status,
            Some(128 + i32::try_from(number).unwrap())
        );
    }
}

/// Waits until the program has its signals in hand.
fn listens(pid: u32) {
    if cfg!(target_os = "linux") {
        within("it listens", || {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let caught = status
                .lines()
                .find_map(|line| line.strip_prefix("SigCgt:"))?;
            let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
            (caught >> 14 & 1 == 1 && status.contains("asyncdemo")).then_some(())
        });
    }
    wait(Duration::from_millis(300));
}

#[test]
fn a_signal_decides_the_exit_code_also_when_the_work_is_done() {
    // All is written but for what does not fit into the pipe: there it waits when the signal comes.
    for (name, number) in SIGNALS {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, &[b' '; 65_536]).unwrap();
        let list = Test::new(["list"]).into(writer).start();
        listens(list.pid());
        signal(name, list.pid());
        let read =
            std::thread::spawn(move || std::io::Read::read_to_end(&mut reader, &mut Vec::new()));
        assert_eq!(
            list.output().status,
            Some(128 + i32::try_from(number).unwrap()),
            "{name}"
        );
        read.join().unwrap().unwrap();
    }
}

#[test]
fn who_does_not_stop_is_ended() {
    // Nobody reads what it writes, and it waits for that.
    for (name, number) in SIGNALS {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, &[b' '; 65_536]).unwrap();
        let list = Test::new(["list"]).into(writer).start();
        listens(list.pid());
        signal(name, list.pid());
        assert_eq!(
            list.output().status,
            Some(128 + i32::try_from(number).unwrap()),
            "{name}"
        );
        drop(reader);
    }
}

#[test]
fn what_was_killed_is_swept_by_the_next_start() {
    let place = TempDir::new().unwrap();
    let run =
        |name: &str, knobs: &[&str]| Test::new([name]).args(knobs).env("TMPDIR", place.path());
    let killed = run("queue", &["--strategy", "durable", "--job-time", "30s"]).start();
    within("a temporary directory", || left_in(place.path()).pop());
    // While it lives, nobody takes its files.
    run("list", &[]).output();
    assert_eq!(left_in(place.path()).len(), 1);
    signal("KILL", killed.pid());
    assert_eq!(killed.output().status, None);
    assert_eq!(left_in(place.path()).len(), 1);
    fs::create_dir(place.path().join("asyncdemo-of-somebody")).unwrap();
    run("list", &[]).output();
    assert_eq!(left_in(place.path()), ["asyncdemo-of-somebody"]);
}

const COURSE: &str = r#"# Two waits

```toml lesson
title = "Two waits"
question = "How do I wait twice?"
concept = "gather"
minutes = 5
belief = "Two waits take two threads."
```

```toml predict
question = "How long do both take?"
run = "gather --delays 1s,2s --strategy join"
value = "join.wall_s"
unit = "time"
answer = "2s"
tolerance = 100
why = "The waits overlap."
```

```toml predict
question = "And one after the other?"
run = "gather --delays 1s,2s --strategy sequential"
value = "sequential.wall_s"
unit = "time"
answer = "3s"
tolerance = 100
why = "The waits add up."
```
"#;

#[test]
fn what_is_typed_during_a_run_answers_no_later_question() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("01-two.md"), COURSE).unwrap();
    let learn = Test::new(["learn", "--course"]).args([place.path().as_os_str()]);
    let mut terminal = learn.on_a_terminal(60, 100);
    terminal.wait_for("Your prediction");
    terminal.press("2s\r");
    for _ in 0..3 {
        terminal.wait_for("fetch two");
        terminal.press("zzz\r");
        wait(Duration::from_millis(200));
    }
    terminal.wait_for("The waits overlap.");
    wait(Duration::from_millis(300));
    assert!(
        !terminal.shows("And one after the other?"),
        "an Enter was taken for an answer"
    );
    terminal.press("\r");
    terminal.wait_for("And one after the other?");
    terminal.press("q\r");
    let seen = terminal.finish();
    assert!(seen.cooked);
    assert!(!seen.raw.contains("zzz"), "{}", seen.screen);
    assert!(!seen.screen.contains("A guess helps"), "{}", seen.screen);
}

#[test]
fn enter_during_a_run_of_the_tour_skips_no_pause_and_leaves_no_line() {
    let tour = |keys: &str| {
        let mut terminal = Test::new(["tour", "gather", "sleep"]).on_a_terminal(60, 100);
        terminal.wait_for("fetch 1");
        terminal.press(keys);
        terminal.wait_for("Next, gather");
        wait(Duration::from_millis(300));
        terminal.press("q\r");
        let seen = terminal.finish();
        assert_eq!(seen.status, 0);
        assert!(
            !seen.screen.contains("in FastAPI: asyncio.gather"),
            "a pause was skipped:\n{}",
            seen.screen
        );
        seen.screen.lines().count()
    };
    assert_eq!(tour("\r\r\r"), tour(""));
}

/// The screen after a run during which the window was made narrow and wide again, twice.
fn after_other_widths() -> String {
    let place = TempDir::new().unwrap();
    let script = "echo the first line; echo the second line; exec \"$0\" gather --delays 2s,4s --strategy join";
    let test = Test::new(["-c", script, env!("CARGO_BIN_EXE_asyncdemo")]).env("HOME", place.path());
    let mut terminal = test.program_on_a_terminal("/bin/sh".as_ref(), 30, 120);
    for columns in [50, 120, 50, 120] {
        terminal.wait_for("fetch two");
        terminal.resize(30, columns);
        wait(Duration::from_millis(400));
    }
    terminal.finish().screen
}

#[test]
fn another_width_during_a_run_clears_nothing_that_is_not_its_own() {
    let mut screen = String::new();
    // What is written while a window changes is broken by any terminal: on a busy machine that may last for all of 400 ms.
    for _ in 0..3 {
        screen = after_other_widths();
        let count = |text| screen.matches(text).count();
        if (count("  fetch one"), count("  event loop  ")) == (1, 1) {
            break;
        }
    }
    let lines: Vec<_> = screen.lines().collect();
    assert_eq!(
        lines[..2],
        ["the first line", "the second line"],
        "{screen}"
    );
    assert!(lines[2].starts_with("gather  "), "{screen}");
    assert_eq!(screen.matches("  fetch one").count(), 1, "{screen}");
    assert_eq!(screen.matches("  event loop  ").count(), 1, "{screen}");
}

/// A server of tmux that ends with its test.
struct Tmux(String);

impl Tmux {
    fn call(&self, words: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-f", "/dev/null", "-L", &self.0])
            .args(words)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.call(&["kill-server"]);
    }
}

#[test]
fn tmux_wraps_what_was_drawn_and_it_is_cleared_all_the_same() {
    if Command::new("tmux").arg("-V").output().is_err() {
        println!("not tried: there is no tmux");
        return;
    }
    let tmux = Tmux(format!("asyncdemo-{}", std::process::id()));
    let program = env!("CARGO_BIN_EXE_asyncdemo");
    let line = format!(
        "export LC_ALL=C.UTF-8; echo the first line; echo the second line; {program} gather --delays 2s,4s --strategy join; sleep 60"
    );
    tmux.call(&[
        "-u",
        "new-session",
        "-d",
        "-x",
        "120",
        "-y",
        "30",
        "-s",
        "s",
        &line,
    ]);
    let shown = || tmux.call(&["capture-pane", "-p", "-t", "s", "-S", "-200"]);
    for columns in ["50", "120", "50", "120"] {
        within("the picture", || {
            shown().contains("fetch two").then_some(())
        });
        tmux.call(&["resize-window", "-t", "s", "-x", columns, "-y", "30"]);
        wait(Duration::from_millis(400));
    }
    within("its end", || {
        shown().contains("the waits overlapped").then_some(())
    });
    let seen = shown();
    let lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines[..2], ["the first line", "the second line"], "{seen}");
    assert!(lines[2].starts_with("gather  "), "{seen}");
    assert_eq!(seen.matches("  fetch one").count(), 1, "{seen}");
    assert_eq!(seen.matches("  event loop  ").count(), 1, "{seen}");
}

#[test]
fn a_worker_says_what_it_waits_for() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("jobs.db");
    let jobs = |knobs: &[&str]| {
        Test::new(["jobs", "--durable"])
            .args([file.as_os_str()])
            .args(knobs)
    };
    let killed = jobs(&[
        "--enqueue",
        "1",
        "--work",
        "--job-time",
        "60s",
        "--lease",
        "4s",
    ])
    .start();
    within("a lease", || {
        let told = jobs(&["--format", "json"]).output().stdout;
        told.contains("\"leased\": 1").then_some(())
    });
    signal("KILL", killed.pid());
    killed.output();
    let begun = Instant::now();
    let next = jobs(&["--work", "--job-time", "1ms"]).output();
    assert_eq!(next.status, Some(0));
    let told = "asyncdemo: waits for a job that another worker has, or had when it was killed: ";
    // A machine that halts for seconds lets the lease end before anybody waits for it.
    assert!(
        next.stderr.starts_with(told) && next.stderr.ends_with(" UTC\n")
            || begun.elapsed() < Duration::from_secs(2),
        "{}",
        next.stderr
    );
}
