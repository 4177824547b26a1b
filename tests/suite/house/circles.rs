//! No circle between files.
//!
//! # The rule
//!
//! A file has an **arrow** to another where its code names an item (a function, type, trait, constant or macro) that is
//! *defined* there. A path is followed to that definition: through `crate`, `self` and `super`, through child
//! modules, and through every `use` on its way, so that an item which a parent re-exports counts as its child's. Hence
//!
//! - `mod x;` is no arrow, nor is a `pub use x::Y;` whose `Y` its own file never mentions: a parent that lists its
//!   children and hands out their items needs none of them;
//! - the name of a module (`use crate::page;`) is no arrow, but `page::fit(…)` is one, to where `fit` is defined;
//! - a child that names its parent's item is in a circle with it where the parent also uses an item of the child.
//!
//! Unit tests and their files do not count. A method's call is not seen, and so not that a file calls what another file
//! adds to its type. From a glob import follows an arrow to the module's own file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sources;
use super::tokens::{Token, closing, is_name, tokens};

type Path<'a> = Vec<&'a str>;
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// What a file declares.
#[derive(Default)]
struct Module<'a> {
    file: String,
    /// The modules inside, by name.
    children: BTreeSet<&'a str>,
    /// The items defined here.
    items: BTreeSet<&'a str>,
    /// What a `use` calls by a name: the path.
    imports: BTreeMap<&'a str, Path<'a>>,
    /// What it names where: every path in the code, and of a `use` that is not public.
    names: Vec<(Path<'a>, usize)>,
}

/// `lab/runtime.rs` is `["lab", "runtime"]`; `trace/…`, which is another crate, is `["asyncdemo_trace", …]`.
fn module_path(file: &str) -> Path<'_> {
    let stem = file.trim_end_matches(".rs");
    let parts = match stem.strip_prefix("trace/") {
        Some(rest) => std::iter::once("asyncdemo_trace")
            .chain(rest.split('/'))
            .collect::<Vec<_>>(),
        None => stem.split('/').collect(),
    };
    let last = parts.len() - 1;
    match parts[last] {
        "mod" | "lib" => parts[..last].to_vec(),
        _ => parts,
    }
}

/// `a::b::{c, d as e, f::*}` from `at`: each path with the name that it is known by (`*` of a glob).
fn use_tree<'a>(
    tokens: &[Token<'a>],
    at: &mut usize,
    stem: &[&'a str],
    into: &mut Vec<(&'a str, Path<'a>)>,
) {
    let mut path = stem.to_vec();
    while *at < tokens.len() {
        match tokens[*at].text {
            ":" => *at += 1,
            "{" => {
                *at += 1;
                while tokens[*at].text != "}" {
                    use_tree(tokens, at, &path, into);
                    if tokens[*at].text == "," {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "as" => {
                into.push((tokens[*at + 1].text, path));
                *at += 2;
                return;
            }
            "*" => {
                *at += 1;
                into.push(("*", path));
                return;
            }
            "self" if path.len() > stem.len() || !stem.is_empty() => {
                *at += 1;
                into.push((path[path.len() - 1], path));
                return;
            }
            word if is_name(word) => {
                path.push(word);
                *at += 1;
            }
            _ => break,
        }
        if matches!(tokens.get(*at).map(|next| next.text), Some("," | ";" | "}")) {
            break;
        }
    }
    if let Some(name) = path.last().copied() {
        into.push((name, path));
    }
}

/// Reads one file. A `super::` inside of `mod name { … }` is the file itself.
fn module<'a>(file: &str, tokens: &[Token<'a>]) -> Module<'a> {
    let mut module = Module {
        file: file.to_owned(),
        ..Module::default()
    };
    let mut inline = Vec::new();
    let mut public = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let text = tokens[at].text;
        let next = tokens.get(at + 1).map_or("", |token| token.text);
        inline.retain(|end| *end > at);
        match text {
            "mod" if tokens.get(at + 2).is_some_and(|after| after.text == "{") => {
                module.items.insert(next);
                inline.push(closing(tokens, at + 2));
                at += 3;
            }
            "mod" => {
                module.children.insert(next);
                at += 2;
            }
            "use" => {
                let is_public = at > 0 && matches!(tokens[at - 1].text, "pub" | ")");
                let line = tokens[at].line;
                at += 1;
                let mut found = Vec::new();
                use_tree(tokens, &mut at, &[], &mut found);
                for (name, mut path) in found {
                    if !inline.is_empty() && path[0] == "super" {
                        path[0] = "self";
                    }
                    match (name, is_public) {
                        ("*", _) => module.names.push((path, line)),
                        (_, false) => {
                            module.names.push((path.clone(), line));
                            module.imports.insert(name, path);
                        }
                        (_, true) => {
                            public.push(name);
                            module.imports.insert(name, path);
                        }
                    }
                }
            }
            "fn" | "struct" | "enum" | "trait" | "const" | "static" | "type" | "union"
                if is_name(next) =>
            {
                module.items.insert(next);
                at += 2;
            }
            "macro_rules" => {
                module.items.insert(tokens[at + 2].text);
                at += 3;
            }
            word if is_name(word) => {
                let (start, line) = (at, tokens[at].line);
                let mut path = vec![word];
                at += 1;
                while at + 2 < tokens.len()
                    && (tokens[at].text, tokens[at + 1].text) == (":", ":")
                    && is_name(tokens[at + 2].text)
                {
                    path.push(tokens[at + 2].text);
                    at += 3;
                }
                if !inline.is_empty() && path[0] == "super" {
                    path[0] = "self";
                }
                let after_dot = start > 0 && tokens[start - 1].text == ".";
                if !after_dot && (path.len() > 1 || public.contains(&word)) {
                    module.names.push((path, line));
                }
            }
            _ => at += 1,
        }
    }
    module
}

/// The file in which the item at the end of `path` is defined, as seen from the module `from`.
fn resolve<'a>(
    modules: &BTreeMap<Path<'a>, Module<'a>>,
    from: &[&'a str],
    path: &[&'a str],
    depth: usize,
) -> Option<String> {
    let mut here = from.to_vec();
    for (at, name) in path.iter().enumerate() {
        match *name {
            "self" => continue,
            "super" => {
                here.pop();
                continue;
            }
            "crate" => {
                here.truncate(usize::from(here.first() == Some(&"asyncdemo_trace")));
                continue;
            }
            _ => {}
        }
        let module = modules.get(&here)?;
        if module.children.contains(name) {
            here.push(name);
        } else if module.items.contains(name) {
            return Some(module.file.clone());
        } else if let Some(import) = module.imports.get(name).filter(|_| depth < 16) {
            let mut whole = import.clone();
            // `use trace::…` names a module of this scope only where there is one; else another crate.
            if whole[0] == *name && whole.len() == 1 {
                return None;
            }
            whole.extend(&path[at + 1..]);
            return resolve(modules, &here, &whole, depth + 1);
        } else {
            return None;
        }
    }
    None
}

/// From each file to each that it needs, with the line and the path that say so.
fn arrows(files: &[(String, String)]) -> Arrows {
    let lexed: Vec<_> = files
        .iter()
        .map(|(path, code)| (path, tokens(code)))
        .collect();
    let modules: BTreeMap<_, _> = lexed
        .iter()
        .map(|(path, tokens)| (module_path(path), module(path, tokens)))
        .collect();
    let mut arrows = Arrows::new();
    for (here, module) in &modules {
        let from = arrows.entry(module.file.clone()).or_default();
        for (path, line) in &module.names {
            let to = resolve(&modules, here, path, 0);
            if let Some(to) = to.filter(|to| *to != module.file) {
                from.entry(to)
                    .or_insert_with(|| format!("line {line}: {}", path.join("::")));
            }
        }
    }
    arrows
}

/// The shortest way along the arrows from a file back to itself.
fn circle(arrows: &Arrows, start: &str) -> Option<Vec<String>> {
    let mut came_from = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for to in arrows.get(at).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut way = vec![start.to_owned(), at.to_owned()];
                let mut back = at;
                while back != start {
                    back = came_from[back];
                    way.push(back.to_owned());
                }
                way.dedup();
                way.reverse();
                return Some(way);
            }
            if to != start && !came_from.contains_key(to.as_str()) {
                came_from.insert(to.as_str(), at);
                queue.push_back(to);
            }
        }
    }
    None
}

/// Every circle, the shortest through each file, as a text that shows its arrows.
fn circles(arrows: &Arrows) -> BTreeSet<String> {
    let mut found = BTreeMap::new();
    for start in arrows.keys() {
        if let Some(way) = circle(arrows, start) {
            let members: BTreeSet<_> = way.iter().cloned().collect();
            found.entry(members).or_insert(way);
        }
    }
    found
        .values()
        .map(|way| {
            let steps = way.windows(2);
            steps
                .map(|pair| {
                    format!(
                        "  {} → {} ({})\n",
                        pair[0], pair[1], arrows[&pair[0]][&pair[1]]
                    )
                })
                .collect()
        })
        .collect()
}

#[test]
fn no_file_imports_another_in_a_circle() {
    let files: Vec<_> = sources()
        .into_iter()
        .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
        .map(|file| (file.path, file.code))
        .collect();
    let found: Vec<_> = circles(&arrows(&files)).into_iter().collect();
    assert!(found.is_empty(), "files in circles:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_seen_through_reexports_modules_and_groups_and_not_where_there_is_none() {
    let files = |sources: &[(&str, &str)]| -> Vec<_> {
        let owned = |(path, code): &(&str, &str)| ((*path).to_owned(), (*code).to_owned());
        sources.iter().map(owned).collect()
    };
    let listing = files(&[
        (
            "a/mod.rs",
            "mod b; mod c; pub use b::B; pub use c::{C, D as E};",
        ),
        ("a/b.rs", "use super::c; pub struct B(c::C); // super::c::D"),
        (
            "a/c.rs",
            "pub struct C; pub struct D; mod inside { use super::D; }",
        ),
    ]);
    let arrows_found = arrows(&listing);
    assert!(circles(&arrows_found).is_empty());
    assert_eq!(arrows_found["a/b.rs"]["a/c.rs"], "line 1: c::C");
    assert_eq!(arrows_found["a/b.rs"].len(), 1);

    let through_the_parent = files(&[
        ("lib.rs", "mod a;"),
        (
            "a/mod.rs",
            "mod b; mod c; pub use b::B; pub use c::{C, D as E};",
        ),
        ("a/b.rs", "use super::E; pub struct B(E);"),
        (
            "a/c.rs",
            "pub struct C; pub struct D; fn f() -> crate::a::B {}",
        ),
    ]);
    assert_eq!(
        circles(&arrows(&through_the_parent))
            .into_iter()
            .collect::<Vec<_>>(),
        ["  a/b.rs → a/c.rs (line 1: super::E)\n  a/c.rs → a/b.rs (line 1: crate::a::B)\n"]
    );

    let with_the_parent = files(&[
        ("a.rs", "mod b; pub use b::B; pub struct A(B);"),
        ("a/b.rs", "pub struct B; fn f(_: &super::A) {}"),
    ]);
    assert_eq!(circles(&arrows(&with_the_parent)).len(), 1);
}
