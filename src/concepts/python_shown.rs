//! What of a concept's Python file is shown of one strategy: its function, and the functions that it calls.

use std::ops::Range;

use super::shown::{function, of_python_texts};

/// A function of a Python file, with its decorators.
#[derive(Clone, Debug)]
struct Function<'a> {
    name: &'a str,
    /// How far it is indented.
    indent: usize,
    at: Range<usize>,
    text: &'a str,
}

/// What stands in the Python file of a strategy and is its own: the functions that it calls, the routes that it asks for
/// by their path, and last the function of its name. Those of a class are not told. Empty where there is no such function.
pub fn python_of(twin: &str, strategy: &str) -> Vec<String> {
    let Some(own) = function(twin, strategy) else {
        return Vec::new();
    };
    // The strategies stand in the call of `main`, at the end.
    let ends = twin.rsplit_once("main(").map_or("", |(_, ends)| ends);
    let mut all = functions(twin);
    all.retain(|one| one.indent > 0 || !names(ends, one.name));
    let mut wanted: Vec<&Function<'_>> = Vec::new();
    let mut texts = vec![(own, 0)];
    while let Some((text, indent)) = texts.pop() {
        let asks = paths(text);
        for one in &all {
            // A function within another is known there alone; a route is known by its path.
            let known = one.indent == 0 || one.indent == indent;
            let called = known && names(text, one.name);
            let asked = one.indent > 0 && asks.iter().any(|path| answers(one, path));
            let new = !wanted.iter().any(|it| it.at == one.at);
            if new && (called || asked) {
                wanted.push(one);
                texts.push((one.text, one.indent));
            }
        }
    }
    wanted.sort_by_key(|one| one.at.start);
    let told = wanted
        .into_iter()
        .map(|one| outdented(one.text, one.indent));
    told.chain([own.to_owned()]).collect()
}

/// All functions of a file but those of classes.
fn functions(source: &str) -> Vec<Function<'_>> {
    let mut found: Vec<Function<'_>> = Vec::new();
    let mut decorated = None;
    let mut class = None;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if code.is_empty() || class.is_some_and(|class| indent > class) {
            continue;
        }
        class = code.starts_with("class ").then_some(indent);
        if code.starts_with('@') {
            decorated = decorated.or(Some(begin));
            continue;
        }
        let head = code.strip_prefix("async def ");
        if let Some(head) = head.or_else(|| code.strip_prefix("def ")) {
            let at = decorated.unwrap_or(begin)..end(source, begin, indent);
            found.push(Function {
                name: head.split('(').next().unwrap_or_default(),
                indent,
                text: source[at.clone()].trim_end(),
                at,
            });
        }
        decorated = None;
    }
    found
}

/// Where the function ends whose `def` begins at `begin`.
fn end(source: &str, begin: usize, indent: usize) -> usize {
    let mut end = begin;
    for (place, line) in source[begin..].split_inclusive('\n').enumerate() {
        let code = line.trim_start();
        let further = line.len() - code.len() > indent;
        // A signature of several lines closes where it began.
        if place > 0 && !code.is_empty() && !further && !code.starts_with(')') {
            break;
        }
        end += line.len();
    }
    end
}

/// Whether `name` stands in this code as a word of its own, and not behind a dot.
fn names(code: &str, name: &str) -> bool {
    let texts = of_python_texts(code);
    let in_word = |ch: char| ch.is_alphanumeric() || ch == '_';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        !before.ends_with(|ch| in_word(ch) || ch == '.')
            && !after.starts_with(in_word)
            && !texts.iter().any(|text| text.contains(&at))
    })
}

/// The texts of this code that are the beginning of a URL's path.
fn paths(code: &str) -> Vec<&str> {
    let texts = of_python_texts(code).into_iter();
    let texts = texts.map(|text| code[text].trim_matches('"'));
    texts.filter(|text| text.starts_with('/')).collect()
}

/// Whether it is the route of this path.
fn answers(one: &Function<'_>, path: &str) -> bool {
    let decorators = one.text.lines().map(str::trim_start);
    let mut decorators = decorators.take_while(|line| line.starts_with('@'));
    decorators.any(|line| {
        [format!("\"{path}\""), format!("\"{path}/")]
            .iter()
            .any(|it| line.contains(it))
    })
}

fn outdented(text: &str, indent: usize) -> String {
    let lines = text
        .lines()
        .map(|line| line.get(indent..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::concepts::ALL;

    const FILE: &str = r#"
async def fetch(x: int) -> int:
    return x  # limited


def service() -> FastAPI:
    async def deliver(mail: int) -> None:
        sent.append(mail)

    @app.post("/inline/{mail}")
    async def by_inline(
        mail: int,
    ) -> str:
        await deliver(mail)

        return fetch(mail)

    @app.post("/inline-too/{mail}")
    async def other(mail: int) -> str: ...

    return app


class Office:
    def fetch_all(self): ...


async def inline(office) -> None:
    await office.ask("/inline", fetch_all)


async def limited(
    knobs,
) -> int:
    return await fetch(knobs.inline, inline)


main(Knobs, inline, limited, stage=fetch_all)
"#;

    #[test]
    fn a_strategy_is_shown_with_what_it_calls_and_the_routes_that_it_asks() {
        assert_eq!(
            python_of(FILE, "limited"),
            [
                "async def fetch(x: int) -> int:\n    return x  # limited",
                "async def limited(\n    knobs,\n) -> int:\n    return await fetch(knobs.inline, inline)",
            ]
        );
        let inline = python_of(FILE, "inline");
        let first: Vec<_> = inline.iter().map(|it| it.lines().next().unwrap()).collect();
        assert_eq!(
            first,
            [
                "async def fetch(x: int) -> int:",
                "async def deliver(mail: int) -> None:",
                "@app.post(\"/inline/{mail}\")",
                "async def inline(office) -> None:",
            ]
        );
        assert!(
            inline[2].ends_with("    await deliver(mail)\n\n    return fetch(mail)"),
            "{inline:?}"
        );
        assert!(python_of(FILE, "nobody").is_empty());
    }

    #[test]
    fn no_strategy_is_shown_with_another_one() {
        for entry in ALL {
            let strategies = (entry.strategies)(&[]).unwrap();
            for strategy in strategies.iter().filter(|it| it.in_python().is_some()) {
                let (concept, name) = (entry.about.name, strategy.name);
                let shown = python_of(entry.about.twin, name);
                let own = function(entry.about.twin, name).unwrap();
                assert_eq!(
                    shown.last().map(String::as_str),
                    Some(own),
                    "{concept} {name}"
                );
                for other in strategies.iter().filter(|it| it.name != name) {
                    let other = function(entry.about.twin, other.name);
                    let told = other.is_some_and(|other| shown.iter().any(|it| it == other));
                    assert!(
                        !told,
                        "{concept}: {name} shows another strategy\n{}",
                        shown.join("\n\n")
                    );
                }
            }
        }
    }
}
