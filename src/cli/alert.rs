//! `alert test`: each sink is told of an alert that is none, and what it says is printed.

use super::alerting;
use super::args::{AlertCommand, AlertTestArgs};
use super::exit::Ended;
use super::output::{self, Look, lines};
use crate::alert::{Labels, Notice, Severity, annotation};
use crate::app::{AlertSettings, clock};
use crate::notify::{Parcel, Sender, Sent, Sink};
use crate::query::API_VERSION;
use anyhow::{anyhow, ensure};
use serde::Serialize;

/// The name of the alert; nothing else is called so.
const NAME: &str = "SteelthreadTest";
const COLUMNS: [&str; 3] = ["sink", "taken", "answer"];

/// What came back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
struct Tested {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    alertname: &'static str,
    sinks: Vec<TestedSink>,
}

#[derive(Debug, Serialize)]
struct TestedSink {
    sink: String,
    taken: bool,
    answer: String,
}

pub(super) fn run(command: AlertCommand) -> anyhow::Result<Ended> {
    let AlertCommand::Test(mut args) = command;
    let origins = std::mem::take(&mut args.settings);
    let settings = alerting::resolve(&args.alerts).map_err(|error| origins.placed(error))?;
    ensure!(
        !settings.sinks.is_empty(),
        "nobody is told of alerts; name a sink, for example --alerts-alertmanager URL, or the configuration that does: --config FILE"
    );
    test(&args, &settings)
}

fn test(args: &AlertTestArgs, settings: &AlertSettings) -> anyhow::Result<Ended> {
    let notice = notice(settings, clock::now_ns(), args.resolve);
    let tested = super::serving::runtime()?.block_on(async {
        let mut sinks = Vec::new();
        for sink in &settings.sinks {
            sinks.push(tested(sink, settings, &notice).await?);
        }
        anyhow::Ok(Tested { api_version: API_VERSION, alertname: NAME, sinks })
    })?;
    let look = Look::of_stdout();
    output::print(&output::render(args.output.output, &tested, |tested| table(tested, look), rows)?)?;
    Ok(if tested.sinks.iter().all(|sink| sink.taken) { Ended::Done } else { Ended::No })
}

async fn tested(sink: &Sink, settings: &AlertSettings, notice: &Notice) -> anyhow::Result<TestedSink> {
    let name = sink.name();
    let sender = Sender::new(sink.clone(), settings.ca_pem.as_deref()).map_err(|why| anyhow!("{name}: {why}"))?;
    let parcel = Parcel::of_one(notice.clone(), sink.habit(settings.resend));
    let message = sink.message(&parcel, settings.ends_in(), &settings.external_url, clock::now_ns());
    let (taken, answer) = match sender.send(message).await {
        Sent::Taken => (true, "taken".to_owned()),
        Sent::Later { why, .. } => (false, format!("{why}; a server would try again")),
        Sent::Never { why } => (false, why),
    };
    Ok(TestedSink { sink: name, taken, answer })
}

fn notice(settings: &AlertSettings, now_ns: u64, is_end: bool) -> Notice {
    let words = [
        (annotation::SUMMARY, "This is a test alert of steelthread: nothing is broken"),
        (annotation::DESCRIPTION, "Somebody ran 'steelthread alert test' to see whether alerts arrive here."),
    ];
    Notice {
        labels: Labels {
            alertname: NAME.to_owned(),
            capability: String::new(),
            objective: String::new(),
            tier: String::new(),
            severity: Severity::Ticket,
            owner: String::new(),
        },
        annotations: words.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        starts_ns: now_ns,
        resolved_ns: is_end.then_some(now_ns),
        generator_url: settings.external_url.clone(),
    }
}

fn table(tested: &Tested, look: Look) -> String {
    let mut table = look.table(&COLUMNS, &[]);
    for row in rows(tested).into_iter().skip(1) {
        table.add_row(row.into_iter().map(|text| look.cell(text, None)));
    }
    lines(&table)
}

fn rows(tested: &Tested) -> Vec<Vec<String>> {
    let head = COLUMNS.map(str::to_owned).to_vec();
    let row = |sink: &TestedSink| vec![sink.sink.clone(), if sink.taken { "yes" } else { "no" }.to_owned(), sink.answer.clone()];
    std::iter::once(head).chain(tested.sinks.iter().map(row)).collect()
}
