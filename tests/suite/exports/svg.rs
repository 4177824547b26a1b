//! A picture that plays: small, without script, for both themes, and XML whatever is in it.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{GATHER, exported_text};
use asyncdemo::export::{Exhibit, FORMATS};
use asyncdemo::report::{Figure, Report};

fn svg(report: &Report) -> String {
    let exhibit = Exhibit {
        report,
        title: "a < b & c",
        figure: Figure::Wall,
        code: Vec::new(),
    };
    let format = FORMATS.iter().find(|format| format.flag == "export-svg");
    let mut out = Vec::new();
    (format.unwrap().write)(&[exhibit], &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Where there is a Python, it reads the XML.
#[track_caller]
fn assert_xml(text: &str) {
    let script = "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())";
    let python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        println!("not tried: no python3 here");
        return;
    };
    python
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(python.wait().unwrap().success(), "{text}");
}

#[test]
fn it_plays_without_script_and_rests_where_motion_is_not_wanted() {
    let text = exported_text(&GATHER, "svg");
    assert!(text.len() < 30_000, "{} bytes", text.len());
    for piece in [
        "@media(prefers-color-scheme:dark)",
        "@media(prefers-reduced-motion:no-preference){",
        "@media(prefers-reduced-motion:reduce){.cover,.now{display:none}}",
        "<title id=\"t\">gather: two waits at once</title>",
        "<desc id=\"d\">sequential: ",
        "the waits overlapped",
    ] {
        assert!(text.contains(piece), "{piece} is not in\n{text}");
    }
    for none in ["<script", "<image", "href", "url(", " on"] {
        let body = text
            .replace(" once", "")
            .replace(" one", "")
            .replace(" on 1", "");
        assert!(!body.contains(none), "{none} is in\n{body}");
    }
    assert_xml(&text);
}

#[test]
fn what_others_wrote_is_text() {
    let mut report = Report::from_json(include_bytes!("../../../examples/gather.json")).unwrap();
    report.strategies[0].name = "</style><script>&".to_owned();
    report.strategies[0].tasks[0].label = "]]>\u{1b}\u{0}\u{ffff}<b>".to_owned();
    report.strategies[1].summary = "\"><image href='x'/>".to_owned();
    let text = svg(&report);
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("<image"));
    assert!(text.contains("a &lt; b &amp; c"), "{text}");
    assert_xml(&text);
}

#[test]
fn a_million_tasks_are_a_few_lanes_and_a_curve() {
    let line = [
        "scale",
        "--tasks",
        "10000",
        "--delay",
        "50ms",
        "--strategy",
        "spawned",
    ];
    let text = exported_text(&line, "svg");
    assert!(text.len() < 30_000, "{} bytes", text.len());
    assert!(
        text.contains("class=\"flight\"") && text.contains(" more</text>"),
        "{text}"
    );
    assert_xml(&text);
}
