//! `asyncdemo course site`: a course as pages. What they say, that what a lesson says is text, and that a
//! browser can use them with the keyboard alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Browser, ENTER, TAB, Test};
use serde_json::json;
use tempfile::TempDir;

/// Somebody else's lesson, whose texts are full of markup. Its runs are over at once.
const LESSON: &str = r#"# Hostile

```toml lesson
title = "</title><script>title()</script>"
question = "Is <b>this</b> a question?"
concept = "sleep"
minutes = 5
belief = "<img src=x onerror=belief()>"
```

<script>prose()</script>

Some *words*, <i onclick="inline()">markup</i>, [a link](javascript:link()) and ![a picture](https://example.org/a.png).

```python
await fetch("<script>code()</script>")
```

```toml code
concept = "sleep"
strategy = "sequential"
```

```toml predict
question = "How many of three begin? <script>question()</script>"
run = "sleep --tasks 3 --delay 10ms --strategy concurrent"
value = "concurrent.metrics.fetches_begun_count"
unit = "count"
answer = "3"
tolerance = 0
choices = [
  { text = "<script>choice()</script> all", value = "3" },
  { text = "one", value = "1" },
  { text = "none", value = "0", belief = true },
]
why = "They are <script>why()</script> awaited."
```

```text hint
<script>hint()</script>
```

```text notes
SECRET of whoever presents it.
```

```toml spot
question = "Which line?"
code = '''
await save("<script>spot()</script>")
send_mail()
'''
lines = [
  { line = "await save", why = "It is awaited." },
  { line = "send_mail", right = true, why = "It is not." },
]
```

```toml repair
question = "Which line does it at once?"
code = '''
async def all():
    ____
'''
value = "metrics.fetches_begun_count"
unit = "count"
goal = "exactly 3"
choices = [
  { text = "await gather(<script>)", run = "sleep --tasks 3 --delay 10ms --strategy concurrent", right = true, why = "All." },
  { text = "await one()", run = "sleep --tasks 3 --delay 10ms --strategy sequential", right = true, why = "All, in a row." },
  { text = "one()", run = "sleep --tasks 3 --delay 10ms --strategy unawaited", why = "None began." },
]
```

```toml quiz
question = "One or more?"
choices = [
  { text = "a", right = true, why = "A." },
  { text = "b", why = "B." },
  { text = "c", right = true, why = "C." },
]
```

```toml try
question = "How long do more of them take?"
run = "sleep --delay 10ms --strategy concurrent"
knob = "--tasks"
suggest = "5"
value = "concurrent.wall_s"
unit = "time"
why = "As long as one."
```

## In your project

See [the other one](02-other.md).
"#;

/// The lesson behind it.
fn other() -> String {
    LESSON.replace("</title><script>title()</script>", "The other")
}

struct Course {
    home: TempDir,
}

impl Course {
    fn new(lessons: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("course")).unwrap();
        for (name, text) in lessons {
            fs::write(home.path().join("course").join(name), text).unwrap();
        }
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.path("site").join(name)).unwrap()
    }

    fn site(&self, more: &[&str]) -> Test {
        Test::new(["course", "site"])
            .args([self.path("site")])
            .args([Path::new("--course"), &self.path("course")])
            .args(more)
    }
}

#[test]
fn a_course_becomes_pages_and_what_it_says_is_text() {
    let course = Course::new(&[("01-hostile.md", LESSON), ("02-other.md", &other())]);
    let made = course.site(&[]).output();
    assert_eq!(
        (made.status, &*made.stderr),
        (Some(0), ""),
        "{}",
        made.stdout
    );
    // A line that two steps have is run once, and so is a lesson that is like another.
    assert!(
        made.stdout.contains("2 lessons, 4 recorded runs, "),
        "{}",
        made.stdout
    );
    assert!(
        made.stdout.contains("index.html in a browser"),
        "{}",
        made.stdout
    );

    for name in ["01-hostile.html", "02-other.html", "index.html"] {
        let page = course.page(name);
        // The page's own script is the only one, its style the only one, and its policy knows no other.
        assert_eq!(page.matches("<script").count(), 1, "{name}");
        assert_eq!(page.matches("<style").count(), 1, "{name}");
        assert!(
            page.contains("default-src &#39;none&#39;")
                || page.contains("default-src 'none'; script-src 'sha256-"),
            "{name}"
        );
        for gone in [
            "<i ",
            "<img src=x",
            "javascript:",
            "example.org/a.png",
            "SECRET",
            "style=\"",
            " src=\"http",
        ] {
            assert!(!page.contains(gone), "{name} has {gone}");
        }
        // None of the elements that a course could bring.
        for element in ["<b>this", "<iframe", "<link", "<base", "<object", "<form"] {
            assert!(!page.contains(element), "{name} has {element}");
        }
    }

    let page = course.page("01-hostile.html");
    for said in [
        "title()",
        "prose()",
        "inline()",
        "code()",
        "question()",
        "choice()",
        "why()",
        "hint()",
        "spot()",
        "belief()",
    ] {
        assert!(page.contains(said), "the page does not say {said}");
    }
    // Each kind of step, with what was measured.
    assert_eq!(page.matches("<input type=\"radio\"").count(), 3 + 2 + 3);
    assert_eq!(page.matches("<input type=\"checkbox\"").count(), 3);
    assert_eq!(page.matches("<input type=\"text\"").count(), 1);
    for said in [
        "It was 3.",
        "The goal, exactly 3, is met.",
        "The goal, exactly 3, is missed.",
        "It came to ",
    ] {
        assert!(page.contains(said), "the page does not say {said}");
    }
    assert!(page.matches("src=\"data:image/svg+xml;").count() >= 4);
    assert!(page.contains("href=\"02-other.html\""));
    assert!(page.contains("In your project"));
    assert!(
        course
            .page("index.html")
            .contains("href=\"01-hostile.html\"")
    );
}

#[test]
fn a_folder_of_somebody_elses_is_left_alone_before_anything_runs() {
    let course = Course::new(&[("01-hostile.md", LESSON)]);
    fs::create_dir(course.path("site")).unwrap();
    fs::write(course.path("site").join("index.html"), "mine").unwrap();
    let refused = course.site(&[]).output();
    assert_eq!((refused.status, &*refused.stdout), (Some(1), ""));
    assert!(
        refused
            .stderr
            .contains("is not empty, and no site of asyncdemo's"),
        "{}",
        refused.stderr
    );
    assert_eq!(course.page("index.html"), "mine");

    // A site is made anew, and a lesson that is gone takes its page with it.
    fs::remove_file(course.path("site").join("index.html")).unwrap();
    assert_eq!(course.site(&[]).output().status, Some(0));
    fs::rename(
        course.path("course/01-hostile.md"),
        course.path("course/03-more.md"),
    )
    .unwrap();
    assert_eq!(course.site(&[]).output().status, Some(0));
    assert!(!course.path("site/01-hostile.html").exists());
    assert!(course.page("index.html").contains("03-more.html"));
}

#[test]
fn a_foreign_course_reaches_nothing_outside_and_ends() {
    let outside = LESSON.replace(
        "sleep --tasks 3 --delay 10ms --strategy unawaited",
        "db --database /tmp/x.db",
    );
    let course = Course::new(&[("01-hostile.md", &outside)]);
    let refused = course.site(&[]).output();
    assert_eq!((refused.status, &*refused.stdout), (Some(1), ""));
    assert!(
        refused.stderr.contains("names a file or an address"),
        "{}",
        refused.stderr
    );

    let long = LESSON.replace(
        "concurrent\"\nvalue = \"concurrent.metrics",
        "concurrent --repeat 90 --delay 1s\"\nvalue = \"concurrent.metrics",
    );
    let long = long.replace(
        "--delay 10ms --strategy concurrent --repeat",
        "--strategy concurrent --repeat",
    );
    let course = Course::new(&[("01-hostile.md", &long)]);
    let refused = course.site(&[]).output();
    assert!(
        refused.stderr.contains("expected a run of at most 60 s"),
        "{}",
        refused.stderr
    );

    let course = Course::new(&[("01-hostile.md", LESSON)]);
    let over = course.site(&["--at-most", "1ms"]).output();
    assert_eq!(over.status, Some(1));
    assert!(over.stderr.contains("out of time"), "{}", over.stderr);
    assert!(!course.path("site/index.html").exists());
}

/// How far it is stands on the terminal; and what is stopped halfway leaves the site that was there.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_and_no_page_is_written() {
    let long = LESSON.replace(
        "--tasks 3 --delay 10ms --strategy sequential",
        "--tasks 1 --delay 50s --strategy sequential",
    );
    let course = Course::new(&[("01-hostile.md", &long)]);
    let mut terminal = course.site(&[]).on_a_terminal(24, 80);
    terminal.wait_for("hostile (1 of 1), run 3 of 5");
    terminal.press("\x03");
    let seen = terminal.finish();
    let ended = (seen.status, seen.ready_for_a_shell);
    assert_eq!(ended, (130, true), "{}", seen.screen);
    assert!(!seen.screen.contains("run 3 of 5"), "{}", seen.screen);
    let left = fs::read_dir(course.path("site")).unwrap().count();
    assert_eq!(left, 0, "nothing is left in the directory");
}

const SPACE: &str = " ";
const DOWN: &str = "\u{e015}";

/// By Tab alone.
#[track_caller]
fn reach(browser: &Browser, selector: &str) {
    for _ in 0..40 {
        let there = format!("return document.activeElement.matches('{selector}')");
        if browser.run(&there) == true {
            return;
        }
        browser.press(TAB);
    }
    panic!("no way by Tab to {selector}: {}", browser.text());
}

/// On a phone, in both themes, with the keyboard alone: from the index through every question to the end of a lesson.
#[test]
fn a_lesson_is_answered_by_keyboard_in_both_themes_and_read_without_scripts() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let course = Course::new(&[("01-hostile.md", LESSON), ("02-other.md", &other())]);
    assert_eq!(course.site(&[]).output().status, Some(0));
    let index = format!("file://{}", course.path("site/index.html").display());
    let lesson = format!("file://{}", course.path("site/02-other.html").display());
    browser.go(&index);
    browser.examine("site-index");
    browser.tab_to("The other");
    browser.press(ENTER);
    browser.wait_for("0 of 5 answered");
    browser.examine("site-begin");
    for answered in 1..=5 {
        let open = "return [...document.querySelectorAll('[data-key]:not([hidden], .answered)')].map((it) => it.id).join()";
        let open = browser.run(open);
        let open = format!("#{}", open.as_str().unwrap());
        // A picture of lanes, or a disclosure, may have the keyboard before: it is passed.
        reach(&browser, &format!("{open} input"));
        let kind = browser.run("return document.activeElement.type");
        match kind.as_str() {
            Some("text") => ["7", "0", "m", "s"].map(|key| browser.press(key)).map(drop),
            Some("checkbox") => [SPACE, TAB, TAB, TAB]
                .map(|key| browser.press(key))
                .map(drop),
            _ => [SPACE, DOWN, DOWN, DOWN]
                .map(|key| browser.press(key))
                .map(drop),
        };
        reach(&browser, &format!("{open} .answer"));
        browser.press(ENTER);
        browser.wait_for(&format!("{answered} of 5 answered"));
        let told = format!(
            "const it = document.querySelector('{open}'), told = it.querySelector('.told'); \
             return told.open && document.activeElement === told.querySelector('summary') && it.querySelector('.said').innerText.includes('You said: ')"
        );
        assert_eq!(
            browser.run(&told),
            true,
            "{open} tells, and has the keyboard"
        );
    }
    browser.wait_for("In your project");
    let pictures = "return [...document.images].every((it) => it.complete && it.naturalWidth > 0) && document.images.length >= 5";
    assert_eq!(browser.run(pictures), true, "every picture is shown");
    browser.examine("site-end");
    let fetched = "return performance.getEntriesByType('resource').filter((it) => !it.name.startsWith('data:')).map((it) => it.name).join()";
    assert_eq!(browser.run(fetched), "", "nothing is fetched");

    // The answers are kept, and the index knows of them.
    browser.command("/refresh", &json!({}));
    browser.wait_for("5 of 5 answered");
    browser.go(&index);
    browser.wait_for("5 of 5 answered");

    browser.devtools(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    browser.go(&lesson);
    // Everything is there, and no button that would do nothing.
    browser.wait_for("In your project");
    browser.picture("site-without-scripts.png");
    let text = browser.text();
    assert!(text.contains("What was measured, and why"), "{text}");
    assert!(!text.contains("Go on without"), "{text}");
}
