//! What is pasted into an issue.

use super::{GATHER, exported_text};
use crate::support::mask;

#[test]
fn markdown_has_a_table_the_findings_and_the_lanes() {
    let text = exported_text(
        &["gather", "--delays", "300ms,600ms", "--slow-poll", "1s"],
        "markdown",
    );
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "### gather: two waits at once");
    assert!(
        lines[2].contains(" · linux ") || !cfg!(target_os = "linux"),
        "{text}"
    );
    assert!(
        text.contains("`delays 300ms,600ms` · `fail-at 150ms`"),
        "{text}"
    );
    let head = "| strategy | wall | ideal | overhead | beside the first |\n| --- | ---: | ---: | ---: | ---: |\n";
    assert!(text.contains(head), "{text}");
    let row = lines
        .iter()
        .find(|line| line.starts_with("| `join` |"))
        .unwrap();
    assert!(
        row.contains("| 600 ms |") && row.contains("× faster |"),
        "{row}"
    );
    assert!(text.contains("\n- join: the waits overlapped."), "{text}");
    let fences: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("```"))
        .collect();
    assert_eq!(fences, [&"```text", &"```"]);
    assert!(
        mask(&text).contains("fetch two  ├─┤  <time>"),
        "{}",
        mask(&text)
    );
}

#[test]
fn the_figure_of_the_concept_is_a_column() {
    let text = exported_text(&["blocking-pitfall", "--block", "100ms"], "markdown");
    assert!(
        text.contains("| overhead | longest gap of the heartbeat | beside the first |"),
        "{text}"
    );
    let repeated = exported_text(&[&GATHER[..], &["--repeat", "2"]].concat(), "markdown");
    assert!(repeated.contains("| wall | spread | ideal |"), "{repeated}");
}
