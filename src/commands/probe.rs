//! `asyncdemo probe`: asks a service from outside, and says why it is slow when it is asked many things at once.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueHint;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::json;

use super::exports::{Exports, Whole};
use super::live::Live;
use super::run::{Ending, print_report};
use super::screen::{FormatFlag, Screen, TextOrJson, complain, print};
use crate::concepts::{Count, Wait, http_url, ranged};
use crate::lab::{self, FRAME, Stop};
use crate::page::{Line, Role, Style, to_ansi, wrap};
use crate::picture::{Picture, Subject};
use crate::probe::{self, Diagnosis, MOST_ABROAD, Obstacle, ProbePlan, Probed, Summary, Watch};
use crate::report::{Figure, Report, SCHEMA, StrategyReport};
use crate::services::client::{BODY_LIMIT, Outgoing};
use crate::units;

/// Between two looks at whether it is done.
const LOOK: Duration = Duration::from_millis(20);

/// What may be asked of it.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_args(ranged))]
#[command(after_help = "Examples:
  asyncdemo probe http://localhost:8000/report
  asyncdemo probe http://localhost:8000/a --ping http://localhost:8000/health
  asyncdemo probe http://localhost:8000/a --at-once 100
  asyncdemo probe http://localhost:8000/a --data job.json --header 'X-Key: …'
  asyncdemo probe URL --ping URL --fail-blocked 100ms

It sends real requests, one alone and then many at once: only to a service that may have them.")]
pub struct Options {
    /// What to ask for: an http or https URL
    #[arg(value_name = "URL", value_parser = http_url, value_hint = ValueHint::Url)]
    pub url: Url,

    /// What to ping every 10 ms beside it: something that the service answers at once
    #[arg(long, value_name = "URL", value_parser = http_url, value_hint = ValueHint::Url)]
    #[arg(help_heading = "What to ask")]
    pub ping: Option<Url>,

    /// How many requests at once; by default up to 12, and 3 to another machine
    #[arg(long, value_name = "N", help_heading = "What to ask")]
    pub at_once: Option<Count<2, 500>>,

    /// How long it may take in all
    #[arg(
        long = "for",
        value_name = "DURATION",
        default_value = "20s",
        help_heading = "What to ask"
    )]
    pub time: Wait<100, 600_000>,

    /// Exit with 1 if pings waited at least this long in most rounds: a check for CI
    #[arg(
        long,
        value_name = "DURATION",
        requires = "ping",
        help_heading = "What to ask"
    )]
    pub fail_blocked: Option<Wait>,

    /// The method; by default GET, and POST with --data
    #[arg(long, value_name = "METHOD", help_heading = "What to send")]
    pub method: Option<Method>,

    /// A header, as in 'Authorization: Bearer …'; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = header, help_heading = "What to send")]
    pub header: Vec<(HeaderName, HeaderValue)>,

    /// The body, from this file: as application/json, unless a header says otherwise
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What to send")]
    pub data: Option<PathBuf>,

    /// How it is written.
    #[command(flatten)]
    pub output: FormatFlag,

    /// What is written beside the screen.
    #[command(flatten)]
    pub exports: Exports,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let header = text.split_once(':');
    let header = header
        .and_then(|(name, value)| Some((name.trim().parse().ok()?, value.trim().parse().ok()?)));
    header.ok_or("must be a name and a value, like 'Accept: text/html'")
}

/// Asks, and shows what that says.
///
/// # Errors
/// Where nothing can be asked, or standard output cannot be written.
pub fn probe(options: &Options, screen: &Screen, stop: &Stop) -> Result<Ending> {
    let plan = match plan(options) {
        Ok(plan) => plan,
        Err(error) => {
            complain(&format!("asyncdemo: {error:#}.\n"));
            return Ok(Ending::UsageError);
        }
    };
    let started = lab::now();
    let probed = asked(&plan, options, screen, stop)?;
    let (stopped, observed) = (probed.stopped, probed.observed.clone());
    let summary = probe::summary(&plan, probed);
    let blocked = summary.judged.blocked(&observed);
    let ending = ending(options, &summary, blocked, stop);
    let report = Report {
        schema: SCHEMA.to_owned(),
        concept: "probe".to_owned(),
        arguments: arguments(options, &plan),
        program: Some(lab::program()),
        started: Some(started),
        machine: lab::machine(),
        only_in_rust: Vec::new(),
        partial: stopped,
        slow_poll_s: SLOW.into(),
        strategies: summary.strategies,
        findings: summary.findings,
    };
    // First: whoever reads the text may have gone away.
    let reports = std::slice::from_ref(&report);
    options.exports.write(reports, Whole::of(reports))?;
    show(options, screen, &report)?;
    if let (Ending::Failed, Some(blocked), Some(limit)) = (ending, blocked, options.fail_blocked)
        && blocked >= *limit
    {
        let (blocked, limit) = (units::duration(blocked), units::duration(*limit));
        complain(&format!(
            "asyncdemo: pings waited {blocked}; --fail-blocked allows {limit}.\n"
        ));
    }
    Ok(ending)
}

/// No poll of this program is of interest.
const SLOW: Duration = Duration::from_secs(1);

fn plan(options: &Options) -> Result<ProbePlan> {
    let mut target = Outgoing::get(options.url.clone());
    if let Some(file) = &options.data {
        target.body = body(file)?;
        target.method = Method::POST;
        let json = HeaderValue::from_static("application/json");
        target.headers.insert(CONTENT_TYPE, json);
    }
    if let Some(method) = &options.method {
        target.method = method.clone();
    }
    let given: HeaderMap = options.header.iter().cloned().collect();
    // A name that is given several times is sent several times.
    for name in given.keys() {
        target.headers.remove(name);
    }
    for (name, value) in &options.header {
        target.headers.append(name, value.clone());
    }
    let plan = ProbePlan {
        target,
        ping: options.ping.clone().map(Outgoing::get),
        at_once: options.at_once.map(|count| *count),
        time: *options.time,
    };
    match (plan.abroad(), plan.at_once) {
        (Some(host), Some(many)) if many > MOST_ABROAD / 4 => bail!(
            "--at-once must be from 2 to {} for {host}: it is another machine, perhaps somebody else's, and gets at most {MOST_ABROAD} requests in all",
            MOST_ABROAD / 4
        ),
        _ => Ok(plan),
    }
}

fn body(file: &Path) -> Result<Vec<u8>> {
    let told = || format!("{} (--data) cannot be read", file.display());
    let mut body = Vec::new();
    let most = u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX);
    let opened = File::open(file).with_context(told)?;
    let read = opened.take(most + 1).read_to_end(&mut body);
    read.with_context(told)?;
    if body.len() > BODY_LIMIT {
        bail!("{} (--data) is over 1 MiB", file.display());
    }
    Ok(body)
}

/// As they were typed. Values of headers may be secrets, and so may what is sent.
fn arguments(options: &Options, plan: &ProbePlan) -> serde_json::Value {
    let names = options.header.iter().map(|(name, _)| name.as_str());
    json!({
        "url": options.url.as_str(),
        "ping": options.ping.as_ref().map(Url::as_str),
        "at_once": options.at_once,
        "for": options.time,
        "fail_blocked": options.fail_blocked,
        "method": plan.target.method.as_str(),
        "header": names.collect::<Vec<_>>(),
        "data": options.data.as_ref().map(|file| file.to_string_lossy()),
    })
}

/// Asks on a thread of its own, so that drawing keeps no request waiting.
fn asked(plan: &ProbePlan, options: &Options, screen: &Screen, stop: &Stop) -> Result<Probed> {
    let watch = Watch::default();
    let style = screen
        .live()
        .filter(|_| options.output.format == TextOrJson::Text);
    let mut live = Live::new(style, SLOW, Duration::ZERO, None);
    let token = stop.token();
    thread::scope(|scope| {
        let asking = thread::Builder::new()
            .name("prober".to_owned())
            .spawn_scoped(scope, || probe::probe(plan, &token, &watch))
            .context("no thread could be started for the requests")?;
        live.begin();
        let mut drawn = Duration::ZERO;
        while !asking.is_finished() {
            thread::park_timeout(LOOK);
            drawn += LOOK;
            if live.is_watched() && drawn >= FRAME {
                drawn = Duration::ZERO;
                match watch.round() {
                    Some(round) => live.see(&[], Some(&so_far(round))),
                    None => live.say("  asking once …"),
                }
            }
        }
        live.end();
        let probed = asking.join();
        probed.map_err(|_| anyhow!("the thread that asks panicked"))?
    })
}

fn so_far((count, measured): (usize, crate::report::Measured)) -> StrategyReport {
    probe::planned(count).with_runs(&[measured])
}

fn ending(options: &Options, summary: &Summary, blocked: Option<Duration>, stop: &Stop) -> Ending {
    if let Some(signal) = stop.signal() {
        return Ending::Stopped(signal);
    }
    // Where nothing was answered in all the time that there was, the service is no better than one that refuses.
    let no_answer = [
        Diagnosis::Failed,
        Diagnosis::Unclear(Obstacle::NothingAlone),
    ];
    let failed = summary.strategies.iter().any(|it| it.error.is_some())
        || no_answer.contains(&summary.judged.diagnosis);
    let too_long = options.fail_blocked.is_some_and(|limit| {
        // Where pings have not been measured, nothing was checked.
        blocked.is_none_or(|blocked| blocked >= *limit)
    });
    if failed || too_long {
        Ending::Failed
    } else {
        Ending::Done
    }
}

fn show(options: &Options, screen: &Screen, report: &Report) -> Result<()> {
    if options.output.format == TextOrJson::Json {
        return print_report(report);
    }
    if options.exports.take_stdout() {
        return Ok(());
    }
    let style = screen.out();
    let subject = Subject {
        report,
        figure: Figure::Wall,
        decides: Some("at-once"),
        more: ["", ""],
    };
    let mut lines = head(options, style);
    // A shell's prompt has a line, too.
    let rows = screen.rows();
    let rows = rows.map_or(usize::MAX, |rows| rows.saturating_sub(lines.len() + 1));
    lines.extend(Picture::fitting(&subject, style, rows));
    Ok(print(&to_ansi(&lines, &style))?)
}

fn head(options: &Options, style: Style) -> Vec<Line> {
    let mut asked = options.url.to_string();
    if let Some(ping) = &options.ping {
        asked += &format!(" beside a ping of {ping}");
    }
    let text = Line::plain(&style.tame(&asked));
    let name = Line::of(Role::Name, "probe   ");
    wrap(&text, style.width.max(20), &name, &Line::plain("        "))
}
