//! What the README says of the concepts is what they say of themselves.

use std::fs;
use std::path::Path;

use asyncdemo::concepts::{ALL, About};

#[test]
fn the_readme_has_the_concepts_as_list_has_them() {
    let readme = include_str!("../../../README.md");
    let heading = "| command | the question | in Python | source |\n| --- | --- | --- | --- |\n";
    let rows: String = ALL.iter().map(|entry| row(&entry.about)).collect();
    let table = format!("{heading}{rows}\n");
    assert!(
        readme.contains(&table),
        "the README's table of concepts is to be:\n\n{table}"
    );
}

fn row(about: &About) -> String {
    let python = about.python.split(", ").map(|term| format!("`{term}`"));
    let python = python.collect::<Vec<_>>().join(", ");
    let name = about.name;
    let file = name.replace('-', "_") + ".rs";
    format!(
        "| `asyncdemo {name}` | {} | {python} | [`{file}`](src/concepts/{file}) |\n",
        about.question,
    )
}

#[test]
fn the_readme_can_be_read_in_one_go() {
    assert!(include_str!("../../../README.md").lines().count() <= 150);
}

/// Links to files of the repository: they break when a file moves, and nobody clicks them in an editor.
#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let pages = fs::read_dir(root.join("docs")).unwrap();
    documents.extend(pages.map(|page| page.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|found| found == "md"));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            let there = document.parent().unwrap().join(file);
            assert!(there.exists(), "{}: {link}", document.display());
        }
    }
}

/// The table of what was found once names the tests that would find it again: none of them may have been renamed.
#[test]
fn every_test_that_the_page_on_reliability_names_is_there() {
    let page = include_str!("../../../docs/reliability.md");
    let (_, table) = page.split_once("## Found once, and tested since").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let tests = rows.filter_map(|row| row.rsplit(" | ").next());
    let named: Vec<_> = tests
        .flat_map(|names| names.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 50, "{named:?}");
    let mut sources = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        read_below(&root.join(folder), &mut sources);
    }
    for name in named {
        let there = sources.contains(&format!("fn {name}("));
        assert!(there, "docs/reliability.md names {name}, which is no test");
    }
}

fn read_below(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_below(&path, sources);
        } else if path.extension().is_some_and(|found| found == "rs") {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
