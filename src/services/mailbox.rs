//! A mailbox in this process: what is delivered stays here, with its time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;

/// What a client asks to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Counts from 1.
    pub number: usize,
    /// Who it is for.
    pub to: String,
}

/// A mail that has arrived.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The mail.
    pub mail: Mail,
    /// When it arrived.
    pub at: Instant,
}

/// Where mails arrive. Clones are the same mailbox.
#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    mails: watch::Sender<Vec<Delivered>>,
}

impl Mailbox {
    /// Puts a mail in.
    pub fn put(&self, mail: Mail) {
        self.mails.send_modify(|mails| {
            mails.push(Delivered {
                mail,
                at: Instant::now(),
            })
        });
    }

    /// Sends a mail: it takes `time`, in which the thread is free.
    pub async fn deliver(self, mail: Mail, time: Duration) {
        tokio::time::sleep(time).await;
        self.put(mail);
    }

    /// Sends a mail as a library does that knows nothing of async: it holds the thread for `time`.
    pub fn deliver_blocking(&self, mail: Mail, time: Duration) {
        #[expect(
            clippy::disallowed_methods,
            reason = "that is what a blocking mail library does"
        )]
        std::thread::sleep(time);
        self.put(mail);
    }

    /// How many mails have arrived.
    pub fn count(&self) -> usize {
        self.mails.borrow().len()
    }

    /// Everything that has arrived, in the order of arrival.
    pub fn delivered(&self) -> Vec<Delivered> {
        self.mails.borrow().clone()
    }

    /// Waits until `count` mails have arrived.
    pub async fn wait_for(&self, count: usize) {
        // The sender lives in `self`, so it cannot be gone.
        let _ = self
            .mails
            .subscribe()
            .wait_for(|mails| mails.len() >= count)
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn mails_arrive_in_time_and_are_waited_for() {
        let mailbox = Mailbox::default();
        let start = Instant::now();
        for (number, seconds) in [(1, 2), (2, 1)] {
            let mail = Mail {
                number,
                to: "ada@localhost".into(),
            };
            tokio::spawn(mailbox.clone().deliver(mail, Duration::from_secs(seconds)));
        }
        mailbox.wait_for(2).await;
        let arrived: Vec<_> = mailbox
            .delivered()
            .iter()
            .map(|mail| (mail.mail.number, (mail.at - start).as_secs()))
            .collect();
        assert_eq!(arrived, [(2, 1), (1, 2)]);
    }
}
