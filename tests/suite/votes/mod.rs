//! A class that votes by phone: `present --votes` on a terminal, and phones that ask it over HTTP.
#![cfg(unix)]

mod browser;
mod hostile;
mod phone;

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::thread;

use phone::{Answer, Class, Phone, ballot, get, post, send};

use crate::support::{Terminal, Test, within};

const LESSON: &str = r#"# Two waits

```toml lesson
title = "Two waits & more"
question = "How do I wait twice?"
concept = "gather"
minutes = 5
belief = "Two waits take two threads."
```

Read *this* first.

```toml predict
question = "How long do <b>both</b> take?"
run = "gather --delays 1s,2s --strategy join"
value = "join.wall_s"
unit = "time"
answer = "2s"
tolerance = 100
choices = [
  { text = "their sum", value = "1h" },
  { text = "the longer one", value = "2s" },
]
why = "The waits overlap."
```

```text notes
Ask the back row.
```

```toml quiz
question = "What starts a `future`?"
choices = [
  { text = "Calling it", why = "That makes it." },
  { text = "Awaiting it", right = true, why = "Then it is polled." },
  { text = "Nothing", why = "Something must." },
]
```

```sh run
asyncdemo gather --delays 30s,30s --strategy join
```
"#;

/// A class in front of its screen.
struct Room {
    folder: tempfile::TempDir,
    terminal: Terminal,
    class: Class,
    host: Class,
}

impl Room {
    /// At the first slide: both pages with addresses were on the screen before it.
    #[track_caller]
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("01-two.md"), LESSON).unwrap();
        let shell = format!(
            "cd '{0}' && exec '{1}' present --course '{0}' --votes --listen 127.0.0.1:0",
            folder.path().display(),
            env!("CARGO_BIN_EXE_asyncdemo"),
        );
        let test = Test::new(["-c", shell.as_str()]);
        let mut terminal = test.program_on_a_terminal("/bin/sh".as_ref(), 36, 120);
        terminal.wait_for("For the teacher, not for the class");
        let host = url(&terminal.screen());
        terminal.press(" ");
        terminal.wait_for("Vote with your phone");
        let join = url(&terminal.screen());
        terminal.press(" ");
        terminal.wait_for("True?");
        Self {
            folder,
            terminal,
            class: Class::at(&join),
            host: Class::at(&host),
        }
    }

    /// Presses keys, and waits until the screen shows it.
    #[track_caller]
    fn press(&mut self, keys: &str, until: &str) {
        self.terminal.press(keys);
        self.terminal.wait_for(until);
    }

    /// The same, and until the page of the phones shows it.
    #[track_caller]
    fn open_round(&mut self, until: &str) {
        self.terminal.press("p");
        self.terminal.wait_for(until);
        let mut phone = Phone::new(&self.class);
        within("the page has the ballot", || ballot(&phone.look()));
    }

    #[track_caller]
    fn host_page(&self) -> String {
        let answer = send(self.host.at, get(&self.host.path, None).as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// The teacher presses a button of the page as it was.
    #[track_caller]
    fn press_button(&self, page: &str, name: &str) -> Answer {
        let (_, rest) = page.split_once("name=\"seen\" value=\"").unwrap();
        let (seen, _) = rest.split_once('"').unwrap();
        let body = format!("seen={seen}&press={name}");
        send(self.host.at, post(&self.host.path, None, &body).as_bytes()).unwrap()
    }

    #[track_caller]
    fn close(mut self) {
        self.terminal.press("q");
        let seen = self.terminal.finish();
        assert_eq!((seen.status, seen.screen.as_str()), (0, ""));
        assert!(seen.ready_for_a_shell);
    }
}

/// The address on the screen.
#[track_caller]
fn url(screen: &str) -> String {
    let (_, rest) = screen
        .split_once("http://")
        .expect("the screen has an address");
    let end = rest.find(char::is_whitespace).expect("it ends");
    format!("http://{}", &rest[..end])
}

/// Ten phones vote twice in each question of a lesson; they go on asking while it runs, and what comes too late does not
/// count.
#[test]
fn ten_phones_vote_twice_through_a_lesson() {
    let mut room = Room::open();
    let mut phones: Vec<_> = (0..10).map(|_| Phone::new(&room.class)).collect();
    for phone in &mut phones {
        assert!(
            phone
                .look()
                .contains("The next question comes here by itself.")
        );
    }
    room.press("  ", "How long do");
    // Nothing to vote for, before the class is asked.
    assert_eq!(phones[0].vote(0), 0);
    room.open_round("Round 1: 0 hands so far");
    assert!(room.terminal.shows(&room.class.path));
    let first = ballot(&phones[0].look()).unwrap();
    for (at, phone) in phones.iter_mut().enumerate() {
        assert_eq!(phone.vote(usize::from(at >= 7)), 303);
    }
    room.terminal.wait_for("Round 1: 10 votes so far");
    assert!(!room.terminal.shows("█ 7"));
    // A reload keeps the vote, and a second one takes the place of the first.
    assert!(phones[0].look().contains("Your vote is in: <b>1</b>"));
    assert_eq!(phones[6].vote(1), 303);
    assert_eq!(phones[6].vote(1), 303);
    room.press("p", "Talk to your neighbours");
    room.terminal.wait_for("█ 6");
    within("the pages say so", || {
        phones[0].look().contains("Round 1 is closed").then_some(())
    });
    assert_eq!(phones[0].vote_for(&first, 1), 409);
    room.open_round("Round 2: 0 hands so far");
    // A vote for the first round is none for the second.
    assert_eq!(phones[0].vote_for(&first, 1), 409);
    for phone in &mut phones[1..] {
        assert_eq!(phone.vote(1), 303);
    }
    let second = ballot(&phones[0].look()).unwrap();
    assert_eq!(phones[0].vote_for(&second, 7), 400);
    assert_eq!(phones[0].vote_for(&second, 0), 303);
    room.press("p", "Both rounds are closed.");
    // Live, with everybody looking on.
    room.press("\r", "fetch one");
    for phone in &mut phones {
        let page = phone.look();
        assert!(page.contains("your vote in round"), "{page}");
        assert_eq!(phone.vote_for(&second, 0), 409);
    }
    room.terminal
        .wait_for("right: 4 of 10 votes, then 9 of 10 votes");
    room.press(" ", "The waits overlap.");
    room.press(" ", "What starts a");
    room.open_round("Round 1: 0 hands so far");
    for (at, phone) in phones.iter_mut().enumerate() {
        assert_eq!(phone.vote(at % 3), 303);
    }
    room.terminal.wait_for("Round 1: 10 votes so far");
    room.press("p", "Talk to your neighbours");
    room.open_round("Round 2: 0 hands so far");
    for phone in &mut phones {
        assert_eq!(phone.vote(1), 303);
    }
    // A hand of somebody without a phone.
    room.press("1", "Round 2: 11 votes so far");
    room.press("\r", "Then it is polled.");
    room.terminal.wait_for("round 2");
    room.press("e", "saved in votes-01-two.csv");
    let csv = fs::read_to_string(room.folder.path().join("votes-01-two.csv")).unwrap();
    assert_eq!(
        csv.lines().skip(1).collect::<Vec<_>>(),
        [
            "01-two,2,How long do <b>both</b> take?,1,1,their sum,0,6",
            "01-two,2,How long do <b>both</b> take?,1,2,the longer one,0,4",
            "01-two,2,How long do <b>both</b> take?,2,1,their sum,0,1",
            "01-two,2,How long do <b>both</b> take?,2,2,the longer one,0,9",
            "01-two,3,What starts a `future`?,1,1,Calling it,0,4",
            "01-two,3,What starts a `future`?,1,2,Awaiting it,0,3",
            "01-two,3,What starts a `future`?,1,3,Nothing,0,3",
            "01-two,3,What starts a `future`?,2,1,Calling it,1,0",
            "01-two,3,What starts a `future`?,2,2,Awaiting it,0,10",
            "01-two,3,What starts a `future`?,2,3,Nothing,0,0",
        ]
    );
    // And while a run is live that takes long, they still see where the class is.
    room.press(" ", "--delays 30s,30s");
    room.press("\r", "fetch two");
    assert!(phones[3].look().contains("Two waits &amp; more"));
    room.press("\x1b", "stopped before its end");
    room.close();
}

/// A hall, in which one in five loses the connection in the middle of its vote and comes back.
#[test]
fn four_hundred_phones_of_which_a_fifth_drop_and_come_back() {
    const PHONES: usize = 400;
    let mut room = Room::open();
    room.press("  ", "How long do");
    for round in 1..=2 {
        room.open_round(&format!("Round {round}: 0 hands so far"));
        let gate = Arc::new(Barrier::new(PHONES));
        let phones = (0..PHONES).map(|at| {
            let (class, gate) = (room.class.clone(), Arc::clone(&gate));
            thread::spawn(move || {
                gate.wait();
                let mut phone = Phone::new(&class);
                let page = phone.look();
                let ballot = ballot(&page).expect("there is something to vote for");
                let choice = at % 2;
                if at % 5 == 0 {
                    // Gone before the answer; whether it has arrived, the phone does not know.
                    phone.vote_and_drop(&ballot, choice);
                    // It comes back, and presses again.
                    phone.look();
                }
                assert_eq!(phone.vote_for(&ballot, choice), 303);
                let mine = format!("Your vote is in: <b>{}</b>", choice + 1);
                assert!(phone.look().contains(&mine));
            })
        });
        let phones: Vec<_> = phones.collect();
        for phone in phones {
            phone.join().expect("every phone has voted");
        }
        room.terminal
            .wait_for(&format!("Round {round}: {PHONES} votes so far"));
        room.terminal.press("p");
    }
    room.terminal.wait_for("Both rounds are closed.");
    assert_eq!(room.terminal.screen().matches("█ 200").count(), 4);
    room.close();
}

#[test]
fn the_teacher_has_the_notes_and_the_buttons_on_a_page() {
    let mut room = Room::open();
    let page = room.host_page();
    assert!(
        page.contains("Two waits &amp; more") && page.contains("of 5 min"),
        "{page}"
    );
    assert!(
        page.contains("Nothing to run") && page.contains("Read this first."),
        "{page}"
    );
    assert_eq!(room.press_button(&page, "forward").status, 303);
    room.terminal.wait_for("Read this first.");
    // The same button of the same page, sent twice by a network that stutters: it has been pressed.
    assert_eq!(room.press_button(&page, "forward").status, 303);
    assert_eq!(room.press_button(&room.host_page(), "forward").status, 303);
    room.terminal.wait_for("How long do");
    room.press("n", "the notes are on the teacher's page");
    let page = room.host_page();
    assert!(
        page.contains("Ask the back row.") && page.contains("Ask the class"),
        "{page}"
    );
    assert!(page.contains("A question: What starts a future?"), "{page}");
    assert!(!room.terminal.shows("Ask the back row."));
    for (button, until) in [
        ("ask", "Round 1: 0 hands so far"),
        ("ask", "Talk to your neighbours"),
        ("step-back", "Round 1: 0 hands so far"),
        ("ask", "Talk to your neighbours"),
        ("ask", "Round 2: 0 hands so far"),
        ("ask", "Both rounds are closed."),
        ("run", "fetch two"),
    ] {
        let page = within("the page has caught up", || {
            let page = room.host_page();
            (button != "run" || page.contains("Run it")).then_some(page)
        });
        assert_eq!(room.press_button(&page, button).status, 303);
        room.terminal.wait_for(until);
    }
    room.terminal.wait_for("measured");
    within("the why is next", || {
        room.host_page().contains("Show the why").then_some(())
    });
    assert_eq!(room.press_button(&room.host_page(), "forward").status, 303);
    room.terminal.wait_for("The waits overlap.");
    assert_eq!(room.press_button(&room.host_page(), "quit").status, 400);
    // Where it is, can be seen again; then any key goes on.
    room.press("W", "For the teacher, not for the class");
    room.press("x", "The waits overlap.");
    room.close();
}

#[test]
fn a_page_is_small_needs_no_script_and_loads_nothing_from_elsewhere() {
    let mut room = Room::open();
    room.press("  ", "How long do");
    room.open_round("Round 1: 0 hands so far");
    let ask = |path: &str| send(room.class.at, get(path, None).as_bytes()).unwrap();
    let page = ask(&room.class.path);
    let host = ask(&room.host.path);
    let files = ["/style.css", "/class.js"].map(ask);
    let size = |answer: &Answer| answer.head.len() + answer.body.len();
    let all: usize = [&page, &host].into_iter().chain(&files).map(size).sum();
    assert!(all < 30_000, "{all} bytes");
    for answer in [&page, &host].into_iter().chain(&files) {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
    for page in [&page.body, &host.body] {
        assert!(
            page.contains("<form method=\"post\"") && page.contains("<noscript>"),
            "{page}"
        );
        for outside in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "url("] {
            assert!(!page.contains(outside), "{page}");
        }
        assert!(
            !page.contains("onclick") && !page.contains("style=\""),
            "{page}"
        );
        // What a lesson says is no markup.
        assert!(
            page.contains("both") && !page.contains("<b>both</b>"),
            "{page}"
        );
    }
    let cookie = page.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    // As a camera reads it.
    let class = Class {
        path: room.class.path.to_uppercase(),
        ..room.class.clone()
    };
    let mut phone = Phone::new(&class);
    assert_eq!(phone.vote(0), 303);
    assert_eq!(ask(&room.host.path.to_uppercase()).status, 200);
    room.close();
}

#[test]
fn without_votes_nothing_listens_and_an_address_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("01-two.md"), LESSON).unwrap();
    let present = |args: &[&str]| {
        Test::new(["present", "--course"])
            .args([folder.path()])
            .args(args)
            .on_a_terminal(24, 100)
    };
    let mut terminal = present(&[]);
    terminal.wait_for("True?");
    assert_eq!(listening(terminal.pid()), Vec::<SocketAddr>::new());
    terminal.press("w");
    terminal.wait_for("asyncdemo present --votes");
    terminal.press("q");
    assert_eq!(terminal.finish().status, 0);

    let mut terminal = present(&["--votes", "--listen", "127.0.0.1:0"]);
    terminal.wait_for("For the teacher");
    if cfg!(target_os = "linux") {
        let open = listening(terminal.pid());
        let class = Class::at(&url(&terminal.screen()));
        assert_eq!(open, [class.at]);
    }
    terminal.press("  ");
    terminal.wait_for("True?");
    terminal.press("q");
    assert_eq!(terminal.finish().status, 0);

    let alone = present(&["--listen", "127.0.0.1"]).finish();
    assert_eq!(alone.status, 2, "{}", alone.screen);
    let nonsense = present(&["--votes", "--listen", "phone"]).finish();
    assert_eq!(nonsense.status, 2, "{}", nonsense.screen);
    assert!(
        nonsense.screen.contains("192.168.1.5"),
        "{}",
        nonsense.screen
    );
    let foreign = present(&["--votes", "--listen", "192.0.2.7"]).finish();
    assert_eq!(foreign.status, 1, "{}", foreign.screen);
    assert!(
        foreign
            .screen
            .contains("nothing can be listened at 192.0.2.7:8080"),
        "{}",
        foreign.screen
    );
    assert!(!foreign.raw.contains("\x1b[?1049h"));
}

/// Where a process listens; nothing, where the system does not say.
fn listening(pid: u32) -> Vec<SocketAddr> {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let links: Vec<_> = links.map(|link| link.display().to_string()).collect();
    let mut found = Vec::new();
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap_or_default();
    for line in table.lines().skip(1) {
        let columns: Vec<_> = line.split_whitespace().collect();
        if columns[3] == "0A" && links.contains(&format!("socket:[{}]", columns[9])) {
            let (address, port) = columns[1].split_once(':').unwrap();
            let address = u32::from_str_radix(address, 16).unwrap().to_le_bytes();
            let port = u16::from_str_radix(port, 16).unwrap();
            found.push(SocketAddr::from((address, port)));
        }
    }
    found
}
