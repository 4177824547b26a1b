//! What the README says of the concepts is what they say of themselves.

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
