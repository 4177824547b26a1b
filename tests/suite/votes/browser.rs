//! The pages in a real browser.

use std::time::Duration;

use serde_json::json;

use super::{Class, Room};
use crate::support::{Browser, ENTER, TAB, wait, within};

fn address(of: &Class) -> String {
    format!("http://{}{}", of.at, of.path)
}

#[test]
fn a_phone_votes_by_keyboard_in_both_themes_without_scripts_and_without_a_network() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let mut room = Room::open();
    browser.go(&address(&room.class));
    browser.wait_for("The next question comes here by itself.");
    room.press("  ", "How long do");
    room.terminal.press("p");
    // By itself: nobody reloads.
    browser.wait_for("How long do both take?");
    browser.examine("vote");
    browser.tab_to("the longer one");
    browser.press(ENTER);
    browser.wait_for("Your vote is in: 2");
    room.terminal.wait_for("Round 1: 1 vote so far");
    // The keyboard is where it was, and the page says which button is pressed.
    browser.tab_to("the longer one");
    let pressed = browser.run("return document.activeElement.getAttribute('aria-pressed')");
    assert_eq!(pressed, "true");
    browser.examine("voted");
    browser.command("/refresh", &json!({}));
    browser.wait_for("Your vote is in: 2");

    // The network goes in the moment of the vote, and comes back.
    let offline = |offline: bool| {
        let none = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        browser.devtools("Network.enable", &json!({}));
        browser.devtools("Network.emulateNetworkConditions", &none);
    };
    offline(true);
    browser.tab_to("their sum");
    browser.press(ENTER);
    browser.wait_for("No connection. Sending it again");
    browser.picture("offline.png");
    offline(false);
    browser.wait_for("Your vote is in: 1");
    assert!(!browser.text().contains("No connection"));
    // The teacher's page, too, has forgotten the other vote: below, it is to come again.
    let longer_one = |votes: usize| {
        within("the teacher's page counts", || {
            let counted = format!("the longer one</td><td>{votes}</td>");
            room.host_page().contains(&counted).then_some(())
        });
    };
    longer_one(0);

    // Without scripts: a plain form.
    browser.devtools(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    browser.go(&address(&room.class));
    for key in [TAB, TAB, ENTER] {
        browser.press(key);
    }
    longer_one(1);
    browser.devtools(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": false }),
    );
    browser.go(&address(&room.class));
    browser.wait_for("Your vote is in: 2");

    room.press("p", "Talk to your neighbours");
    browser.wait_for("Round 1 is closed. Talk to your neighbours");
    browser.wait_for("your vote in round 1");
    browser.examine("talk");
    room.close();
}

#[test]
fn the_teacher_leads_a_class_by_keyboard_from_a_phone() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let mut room = Room::open();
    browser.go(&address(&room.host));
    browser.wait_for("Two waits & more");
    browser.tab_to("Next slide");
    browser.press(ENTER);
    room.terminal.wait_for("Read this first.");
    // The keyboard stays on the button, whose page has changed under it.
    browser.wait_for("A question: How long do both take?");
    browser.tab_to("Next slide");
    browser.press(ENTER);
    room.terminal.wait_for("How long do");
    browser.wait_for("Ask the back row.");
    browser.examine("teacher");
    browser.tab_to("Ask the class");
    browser.press(ENTER);
    room.terminal.wait_for("Round 1: 0 hands so far");
    let mut phone = super::Phone::new(&room.class);
    within("the phone has voted", || {
        (phone.vote(0) == 303).then_some(())
    });
    browser.wait_for("Round 1 is open: 1 so far");
    browser.examine("teacher-open");
    wait(Duration::from_millis(50));
    room.press("p", "Talk to your neighbours");
    browser.wait_for("Vote again");
    room.close();
}
