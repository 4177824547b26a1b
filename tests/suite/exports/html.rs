//! A page that needs nothing but itself.

use super::{GATHER, exported_text};
use asyncdemo::export::{Exhibit, FORMATS};
use asyncdemo::report::{Figure, Report};

fn page(report: &Report) -> String {
    let exhibit = Exhibit {
        report,
        title: "a < b & c",
        figure: Figure::Wall,
        code: Vec::new(),
    };
    let format = FORMATS.iter().find(|format| format.flag == "export-html");
    let mut out = Vec::new();
    (format.unwrap().write)(&[exhibit], &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What stands between the tags of the script that holds the report.
fn embedded(page: &str) -> serde_json::Value {
    let begin = "<script type=\"application/json\" id=\"data\">";
    let rest = &page[page.find(begin).expect("it is there") + begin.len()..];
    let json = &rest[..rest.find("</script>").expect("it is closed")];
    serde_json::from_str(json).expect("it is JSON")
}

#[test]
fn the_page_needs_no_network_and_says_so() {
    let page = exported_text(&GATHER, "html");
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"));
    let policy = "content=\"default-src &#39;none&#39;";
    assert!(
        page.contains(policy) || page.contains("content=\"default-src 'none'"),
        "{page}"
    );
    assert_eq!(page.matches("sha256-").count(), 2);
    for none in [
        "http:",
        "https:",
        " src=",
        " href=",
        " onclick",
        " style=\"",
        "javascript:",
    ] {
        assert!(!page.contains(none), "{none}");
    }
    for piece in [
        "<title>gather: two waits at once – asyncdemo</title>",
        "the waits overlapped",
        "<h2>The code that ran</h2>",
        "<span class=\"keyword\">async</span>",
        "<th scope=\"col\">overhead</th>",
    ] {
        assert!(page.contains(piece), "{piece}");
    }
}

#[test]
fn the_report_stands_in_the_page() {
    let report = Report::from_json(include_bytes!("../../../examples/gather.json")).unwrap();
    let data = embedded(&page(&report));
    let read = Report::from_json(data[0]["report"].to_string().as_bytes());
    assert!(read == Ok(report));
    assert_eq!(data[0]["omitted"], serde_json::json!([0, 0]));
}

/// The line that is lit is the one that tracks the task.
#[test]
fn lines_have_the_numbers_of_their_file() {
    let page = exported_text(&GATHER, "html");
    let data = embedded(&page);
    let location = data[0]["report"]["strategies"][1]["tasks"][0]["location"]
        .as_str()
        .unwrap();
    let line = location.rsplit(':').next().unwrap();
    let at = page
        .rfind(&format!("data-line=\"{line}\""))
        .expect("it is shown");
    let shown = &page[at..][..page[at..].find('\n').unwrap()];
    assert!(
        shown.contains("track") && shown.contains("fetch one"),
        "{shown}"
    );
}

#[test]
fn what_others_wrote_is_no_markup() {
    let mut report = Report::from_json(include_bytes!("../../../examples/gather.json")).unwrap();
    let evil = "</script><img src=x onerror=alert(1)><!--";
    report.strategies[0].name = evil.to_owned();
    report.strategies[0].tasks[0].label = evil.to_owned();
    report.strategies[0].error = Some(evil.to_owned());
    report.findings[0].text = evil.to_owned();
    report.arguments = serde_json::json!({ "x": evil });
    report.machine.cpu = Some(evil.to_owned());
    let page = page(&report);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    assert_eq!(page.matches("</script>").count(), 2);
    let data = embedded(&page);
    assert_eq!(
        data[0]["report"]["strategies"][0]["tasks"][0]["label"],
        evil
    );
}

#[test]
fn of_very_many_tasks_it_draws_some() {
    let mut report = Report::from_json(include_bytes!("../../../examples/gather.json")).unwrap();
    let task = report.strategies[0].tasks[0].clone();
    report.strategies[0].tasks = vec![task; 200_000];
    let page = page(&report);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let data = embedded(&page);
    let drawn = data[0]["report"]["strategies"][0]["tasks"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(data[0]["omitted"][0], 200_000 - drawn);
    assert!(page.contains("<td>200,000</td>"), "the table has them all");
}
