//! `background`: answer first, work after. And what becomes of the work when the program ends.
//!
//! `tokio::spawn` hands a future to the runtime, which polls it whether or not anybody awaits its `JoinHandle`. The
//! handler can answer at once, and the work goes on behind the answer, on the same workers: if it blocks, it still
//! delays other requests. A spawned task lives no longer than its runtime, which drops it at its next `.await` when
//! it shuts down. To lose nothing, stop accepting, tell the tasks, and wait for them: `CancellationToken` and
//! `TaskTracker`.

mod afterwards;
mod claims;

use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use reqwest::Client;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::afterwards::{AtSigterm, GoesOnForNobody, InOrder};
use self::claims::{
    ACCEPTED, AnswersAfterTheWork, AnswersBeforeTheWork, DelaysTheNextAnswer, DrainedAtExit, LOST,
    LostAtExit,
};
use super::knob::{Count, Wait};
use super::{About, Concept, Output, Strategy, Twin};
use crate::claims::{BlocksTheLoop, Figure};
use crate::services::client;
use crate::services::mailbox::{Mail, Mailbox};
use crate::trace::Recorder;

/// The knobs of `background`.
#[derive(clap::Args, Clone, Debug, Serialize)]
pub struct Background {
    /// How many mails a client asks for, one after the other
    #[arg(long, value_name = "N", default_value = "3")]
    pub mails: Count<1, 100>,

    /// How long sending one takes
    #[arg(long, value_name = "DURATION", default_value = "400ms")]
    pub mail_time: Wait,
}

/// How long the client waits for an answer: longer than any mail may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Concept for Background {
    const ABOUT: About = About {
        name: "background",
        title: "answer first, work after",
        question: "How do I answer first and do the work after?",
        python: "FastAPI's BackgroundTasks",
        examples: "\
  asyncdemo background              inline, in the background, and lost
  asyncdemo background --strategy lost --strategy drained
                                    the same shutdown, with and without waiting
  asyncdemo background --strategy blocking-background --code",
        heartbeat_lane: false,
        figure: Figure::Metric(LOST, "mails lost"),
        source: include_str!("background.rs"),
        twin: include_str!("../../lessons/python/web/background.py"),
        python_file: "web/background.py",
        belief: "Work in the background is done, whatever happens to the program.",
        tour: &["--mail-time", "200ms"],
        quick: &["--mails", "2", "--mail-time", "40ms"],
    };

    fn strategies(&self) -> Vec<Strategy> {
        let (mails, mail_time) = (*self.mails, *self.mail_time);
        let one_by_one = mail_time * u32::try_from(mails).unwrap_or(u32::MAX);
        let office = move || Office::new(mails, mail_time);
        vec![
            Strategy::staged(
                "inline",
                "mailbox.deliver(mail).await, then the response",
                office,
                inline,
            )
            .by_default()
            .ideal(one_by_one)
            .claim(AnswersAfterTheWork)
            .twin(
                Twin::of("await send_email(mail), then the response")
                    .claim(AnswersAfterTheWork)
                    .claim(GoesOnForNobody),
            ),
            Strategy::staged(
                "background",
                "tokio::spawn(mailbox.deliver(mail)), the response at once",
                office,
                background,
            )
            .by_default()
            .ideal(mail_time)
            .claim(AnswersBeforeTheWork)
            .twin(
                Twin::of("BackgroundTasks.add_task(send_email, mail), the response at once")
                    .claim(AnswersBeforeTheWork)
                    .claim(InOrder),
            ),
            Strategy::staged(
                "blocking-background",
                "the same, but the mail library blocks",
                office,
                blocking_background,
            )
            .ideal(one_by_one)
            .claim(BlocksTheLoop)
            .claim_if(mails > 1, DelaysTheNextAnswer)
            .twin(
                Twin::of(
                    "BackgroundTasks, but the mail library blocks: the client waits, too, on the same event loop",
                )
                .claim(BlocksTheLoop),
            ),
            Strategy::staged(
                "lost",
                "the program ends, and nothing waits for the spawned tasks",
                office,
                lost,
            )
            .by_default()
            .claim(LostAtExit)
            .refutes_belief()
            .differs("the same answers, but the work behind them was not done")
            .twin(
                Twin::of("asyncio.create_task, and the program ends: nothing waits for it")
                    .claim(LostAtExit)
                    .claim(AtSigterm { sent: false }),
            ),
            Strategy::staged(
                "drained",
                "TaskTracker and CancellationToken: stop accepting, finish, end",
                office,
                drained,
            )
            .ideal(mail_time)
            .claim(DrainedAtExit)
            // uvicorn looks every 100 ms whether it is to stop.
            .twin(
                Twin::of("BackgroundTasks, and uvicorn is told to stop")
                    .ideal(None)
                    .claim(DrainedAtExit)
                    .claim(AtSigterm { sent: true }),
            ),
        ]
    }
}

// ANCHOR: workload
type Outcome = Result<Output>;
type Answers = Vec<String>;

/// What each handler is given, and what it returns.
type Shared = State<(Recorder, Office)>;
type Asked = Json<Mail>;
type Reply = &'static str;

/// What the handlers share.
#[derive(Clone)]
struct Office {
    mails: usize,
    mail_time: Duration,
    client: Client,
    mailbox: Mailbox,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Office {
    /// Serves `POST /send-email` on this runtime. The client posts one mail
    /// after another, from a thread and a runtime of its own: it is somebody
    /// else's program.
    async fn run(&self, recorder: &Recorder, app: Router) -> Result<Answers> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("no port on loopback to listen on")?;
        let url = format!("http://{}/send-email", listener.local_addr()?);
        let stopping = self.stopping.clone().cancelled_owned();
        self.tasks.spawn(async {
            axum::serve(listener, app)
                .with_graceful_shutdown(stopping)
                .await
        });

        let (client, mails) = (self.client.clone(), self.mails);
        let posting = post_all(recorder.clone(), client, url, mails);
        let client = move || {
            runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(posting)
        };
        tokio::task::spawn_blocking(client).await?
    }
}

async fn post_all(
    recorder: Recorder,
    client: Client,
    url: String,
    mails: usize,
) -> Result<Answers> {
    let mut answers = Vec::new();
    for number in 1..=mails {
        let mail = Mail {
            number,
            to: format!("reader-{number}@localhost"),
        };
        let request = client
            .post(&url)
            .header("content-type", "application/json")
            .body(serde_json::to_string(&mail)?);
        let answer = recorder
            .track(format!("POST {number}"), async {
                request.send().await?.text().await
            })
            .await?;
        answers.push(answer);
    }
    Ok(answers)
}
// ANCHOR_END: workload

impl Office {
    fn new(mails: usize, mail_time: Duration) -> Result<Self> {
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        Ok(Self {
            mails,
            mail_time,
            client: client::patient(PATIENCE)?,
            mailbox: Mailbox::default(),
            tasks,
            stopping,
        })
    }

    /// What was lost shows only when the runtime is gone.
    fn output(self, answers: Vec<String>) -> Output {
        let accepted = answers.len();
        Output::new(answers).at_exit(move |metrics| {
            metrics.insert(ACCEPTED, accepted as f64);
            metrics.insert(LOST, accepted.saturating_sub(self.mailbox.count()) as f64);
        })
    }
}

// ANCHOR: inline
async fn inline(recorder: Recorder, office: Office) -> Outcome {
    async fn send_email(State(shared): Shared, Json(mail): Asked) -> Reply {
        let (recorder, office) = shared;
        let label = format!("mail {}", mail.number);
        let delivering = office.mailbox.deliver(mail, office.mail_time);
        recorder.track(label, delivering).await;
        "accepted"
    }
    let app = Router::new()
        .route("/send-email", post(send_email))
        .with_state((recorder.clone(), office.clone()));
    let answers = office.run(&recorder, app).await?;
    Ok(office.output(answers))
}
// ANCHOR_END: inline

// ANCHOR: background
async fn background(recorder: Recorder, office: Office) -> Outcome {
    async fn send_email(State(shared): Shared, Json(mail): Asked) -> Reply {
        let (recorder, office) = shared;
        let label = format!("mail {}", mail.number);
        let delivering = office.mailbox.deliver(mail, office.mail_time);
        tokio::spawn(recorder.track(label, delivering));
        "accepted"
    }
    let app = Router::new()
        .route("/send-email", post(send_email))
        .with_state((recorder.clone(), office.clone()));
    let answers = office.run(&recorder, app).await?;
    office.mailbox.wait_for(answers.len()).await;
    Ok(office.output(answers))
}
// ANCHOR_END: background

// ANCHOR: blocking-background
async fn blocking_background(recorder: Recorder, office: Office) -> Outcome {
    async fn send_email(State(shared): Shared, Json(mail): Asked) -> Reply {
        let (recorder, office) = shared;
        let label = format!("mail {}", mail.number);
        // In the background, and yet in the way: it holds the only worker.
        let (mailbox, time) = (office.mailbox, office.mail_time);
        let delivering = async move { mailbox.deliver_blocking(mail, time) };
        tokio::spawn(recorder.track(label, delivering));
        "accepted"
    }
    let app = Router::new()
        .route("/send-email", post(send_email))
        .with_state((recorder.clone(), office.clone()));
    let answers = office.run(&recorder, app).await?;
    office.mailbox.wait_for(answers.len()).await;
    Ok(office.output(answers))
}
// ANCHOR_END: blocking-background

// ANCHOR: lost
async fn lost(recorder: Recorder, office: Office) -> Outcome {
    async fn send_email(State(shared): Shared, Json(mail): Asked) -> Reply {
        let (recorder, office) = shared;
        let label = format!("mail {}", mail.number);
        let delivering = office.mailbox.deliver(mail, office.mail_time);
        tokio::spawn(recorder.track(label, delivering));
        "accepted"
    }
    let app = Router::new()
        .route("/send-email", post(send_email))
        .with_state((recorder.clone(), office.clone()));
    let answers = office.run(&recorder, app).await?;
    // The runtime is shut down when this returns, and every task that still
    // waits is dropped.
    Ok(office.output(answers))
}
// ANCHOR_END: lost

// ANCHOR: drained
async fn drained(recorder: Recorder, office: Office) -> Outcome {
    async fn send_email(State(shared): Shared, Json(mail): Asked) -> Reply {
        let (recorder, office) = shared;
        let label = format!("mail {}", mail.number);
        let delivering = office.mailbox.deliver(mail, office.mail_time);
        office.tasks.spawn(recorder.track(label, delivering));
        "accepted"
    }
    let app = Router::new()
        .route("/send-email", post(send_email))
        .with_state((recorder.clone(), office.clone()));
    let answers = office.run(&recorder, app).await?;
    // Stop accepting, then wait for whatever was accepted.
    office.stopping.cancel();
    office.tasks.close();
    office.tasks.wait().await;
    Ok(office.output(answers))
}
// ANCHOR_END: drained
