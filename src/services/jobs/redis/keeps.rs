//! What a Redis server keeps when it, or its machine, goes down. That is for its own settings to say, and many servers
//! keep nothing.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{RedisResult, cmd};

/// Asks the server for its settings, and says in a clause or two what they keep.
pub(super) async fn keeps(connection: &MultiplexedConnection) -> String {
    let mut connection = connection.clone();
    let mut settings = HashMap::new();
    for name in [
        "appendonly",
        "appendfsync",
        "save",
        "maxmemory",
        "maxmemory-policy",
    ] {
        let asked: RedisResult<HashMap<String, String>> = cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query_async(&mut connection)
            .await;
        // Whoever rents a server is often not allowed to ask.
        settings.extend(asked.unwrap_or_default());
    }
    told(&settings)
}

fn told(settings: &HashMap<String, String>) -> String {
    let setting = |name: &str| settings.get(name).map_or("", String::as_str);
    let disk = match (
        setting("appendonly"),
        setting("appendfsync"),
        setting("save"),
    ) {
        ("", ..) => {
            "does not say whether it keeps anything on a disk: ask who runs it for its appendonly and save".to_owned()
        }
        ("yes", "always", _) => {
            "keeps every job on its disk before it says so (appendonly yes, appendfsync always)".to_owned()
        }
        ("yes", fsync, _) => format!(
            "keeps jobs in an append-only file (appendonly yes, appendfsync {fsync}): what it wrote in its last second or two may be lost if its machine goes down"
        ),
        (_, _, "") => {
            "keeps jobs in memory only (appendonly no, no save): if it is restarted, every job is lost".to_owned()
        }
        (_, _, save) => format!(
            "keeps jobs in snapshots (appendonly no, save {save}): what changed since the last one is lost if it is killed"
        ),
    };
    let evicts = setting("maxmemory-policy").starts_with("allkeys");
    match setting("maxmemory") {
        limit if evicts && !matches!(limit, "" | "0") => format!(
            "{disk}; and it throws jobs away when memory is short (maxmemory-policy {})",
            setting("maxmemory-policy")
        ),
        _ => disk,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &[(&str, &str)]) -> String {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        told(&settings.iter().map(owned).collect())
    }

    #[test]
    fn each_setting_says_what_is_lost() {
        for (settings, says) in [
            (&[][..], "does not say"),
            (
                &[("appendonly", "yes"), ("appendfsync", "always")],
                "before it says so",
            ),
            (
                &[("appendonly", "yes"), ("appendfsync", "everysec")],
                "last second or two",
            ),
            (&[("appendonly", "no"), ("save", "")], "every job is lost"),
            (
                &[("appendonly", "no"), ("save", "3600 1")],
                "save 3600 1): what changed since",
            ),
        ] {
            assert!(of(settings).contains(says), "{settings:?}");
        }
        let evicting = |limit, policy| {
            of(&[
                ("appendonly", "yes"),
                ("maxmemory", limit),
                ("maxmemory-policy", policy),
            ])
        };
        assert!(evicting("2097152", "allkeys-lru").contains("throws jobs away"));
        for (limit, policy) in [("0", "allkeys-lru"), ("2097152", "noeviction")] {
            assert!(
                !evicting(limit, policy).contains("throws"),
                "{limit} {policy}"
            );
        }
    }
}
