//! What lesson 6 says of the GIL: which calls of C code block the event loop from a thread of their own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::on_a_quiet_machine;
use crate::watch_python::tried;

/// Nothing under load makes a call that keeps the GIL give the loop a turn; load may keep one that lets go from doing so.
#[test]
fn some_calls_keep_the_gil_and_others_let_it_go() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/gil.py");
    for python in tried() {
        on_a_quiet_machine("as the lesson says", || {
            let output = Command::new(&python).arg(&file).output();
            let output = output.expect("it can be started");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let Ok(found) = serde_json::from_slice::<Value>(&output.stdout) else {
                return format!("{}: {told}", python.display());
            };
            let calls = found.as_object().expect("one by one");
            assert_eq!(calls.len(), 6);
            let as_told = |call: &Value| {
                let figure = |name: &str| call[name].as_f64().unwrap_or_default();
                match call["keeps"] == true {
                    true => figure("gap_s") >= 0.8 * figure("call_s"),
                    false => figure("turns") >= 5.0,
                }
            };
            match calls.values().all(as_told) {
                true => "as the lesson says".to_owned(),
                false => format!("{}: {found}", python.display()),
            }
        });
    }
}
