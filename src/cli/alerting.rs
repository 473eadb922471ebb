//! Who is told of alerts, as written, becomes settings. What opens a door comes from files, and is never repeated.

use super::limits::wait;
use crate::app::AlertSettings;
use crate::notify::{Headers, Key, PAGERDUTY_URL, Secret, Sink, Url};
use crate::serve::{read_secret_file, too_open};
use anyhow::{Context, anyhow, bail, ensure};
use clap::{ArgAction, Args};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Alertmanagers that one server tells.
const MOST_ALERTMANAGERS: usize = 16;
const SHORTEST: Duration = Duration::from_secs(1);

/// Who is told of alerts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Alerts")]
pub(super) struct AlertArgs {
    /// Where people find this server, for links, such as https://steelthread.example.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_EXTERNAL_URL")]
    pub(super) external_url: Option<String>,
    /// Tell alerts to this Alertmanager, such as http://alertmanager:9093; may be repeated.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_ALERTS_ALERTMANAGER", action = ArgAction::Append, value_delimiter = ',')]
    pub(super) alerts_alertmanager: Vec<String>,
    /// Headers that go with each message to it, `name: value`, one a line.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_ALERTMANAGER_HEADER_FILE")]
    pub(super) alerts_alertmanager_header_file: Option<PathBuf>,
    /// Tell alerts to a webhook, as Alertmanager's webhooks are told (version 4); the file holds its URL.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_WEBHOOK_URL_FILE")]
    pub(super) alerts_webhook_url_file: Option<PathBuf>,
    /// Headers that go with each message to it, `name: value`, one a line.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_WEBHOOK_HEADER_FILE")]
    pub(super) alerts_webhook_header_file: Option<PathBuf>,
    /// Sign messages to it (HMAC-SHA256, header webhook-signature of Standard Webhooks); the file holds the secret.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_WEBHOOK_SECRET_FILE")]
    pub(super) alerts_webhook_secret_file: Option<PathBuf>,
    /// Tell alerts to PagerDuty; the file holds the key of an Events API v2 integration.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_PAGERDUTY_KEY_FILE")]
    pub(super) alerts_pagerduty_key_file: Option<PathBuf>,
    /// Where PagerDuty takes events.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_ALERTS_PAGERDUTY_URL", default_value = PAGERDUTY_URL)]
    pub(super) alerts_pagerduty_url: String,
    /// Tell alerts to Slack; the file holds the URL of an incoming webhook.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_SLACK_URL_FILE")]
    pub(super) alerts_slack_url_file: Option<PathBuf>,
    /// Who must have signed the certificates of all these (PEM) [default: whom this machine trusts].
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_ALERTS_CA")]
    pub(super) alerts_ca: Option<PathBuf>,
    /// Look this often whether there is an alert [default: 1s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_ALERTS_EVALUATION")]
    pub(super) alerts_evaluation: Option<String>,
    /// Tell Alertmanager this often of what lasts [default: 60s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_ALERTS_RESEND")]
    pub(super) alerts_resend: Option<String>,
}

/// Who is told, and how often. Warns about files that others can read.
pub(super) fn resolve(args: &AlertArgs) -> anyhow::Result<AlertSettings> {
    let usual = AlertSettings::default();
    Ok(AlertSettings {
        sinks: sinks(args)?,
        evaluation: interval("--alerts-evaluation", args.alerts_evaluation.as_deref(), usual.evaluation)?,
        resend: interval("--alerts-resend", args.alerts_resend.as_deref(), usual.resend)?,
        external_url: args.external_url.as_deref().map_or(Ok(String::new()), external_url)?,
        ca_pem: args
            .alerts_ca
            .as_ref()
            .map(|file| std::fs::read(file).with_context(|| format!("--alerts-ca {}", file.display())))
            .transpose()?,
    })
}

fn interval(flag: &'static str, text: Option<&str>, usual: Duration) -> anyhow::Result<Duration> {
    let interval = wait(flag, text, usual)?;
    ensure!(interval >= SHORTEST, "{flag}: this is shorter than a second; write {}s, for example", usual.as_secs());
    Ok(interval)
}

fn external_url(text: &str) -> anyhow::Result<String> {
    let text = text.trim().trim_end_matches('/');
    Url::parse(text).map_err(|why| anyhow!("--external-url: {why}"))?;
    ensure!(!text.contains(['?', '#']), "--external-url: links are made below it; write it without ? and #");
    Ok(text.to_owned())
}

fn sinks(args: &AlertArgs) -> anyhow::Result<Vec<Sink>> {
    let mut sinks = alertmanagers(args)?;
    match &args.alerts_webhook_url_file {
        Some(file) => sinks.push(Sink::Webhook {
            url: url("--alerts-webhook-url-file", file)?,
            headers: headers("--alerts-webhook-header-file", args.alerts_webhook_header_file.as_deref())?,
            secret: args.alerts_webhook_secret_file.as_deref().map(signing_secret).transpose()?,
        }),
        None => {
            needs("--alerts-webhook-header-file", args.alerts_webhook_header_file.as_ref(), "--alerts-webhook-url-file FILE")?;
            needs("--alerts-webhook-secret-file", args.alerts_webhook_secret_file.as_ref(), "--alerts-webhook-url-file FILE")?;
        }
    }
    if let Some(file) = &args.alerts_pagerduty_key_file {
        const FLAG: &str = "--alerts-pagerduty-key-file";
        let key = Key::parse(&line_of(FLAG, file)?).map_err(|why| anyhow!("{FLAG}: '{}': {why}", file.display()))?;
        let url = Url::parse(&args.alerts_pagerduty_url).map_err(|why| anyhow!("--alerts-pagerduty-url: {why}"))?;
        sinks.push(Sink::PagerDuty { url, key });
    }
    if let Some(file) = &args.alerts_slack_url_file {
        sinks.push(Sink::Slack { url: url("--alerts-slack-url-file", file)? });
    }
    Ok(sinks)
}

fn alertmanagers(args: &AlertArgs) -> anyhow::Result<Vec<Sink>> {
    const FLAG: &str = "--alerts-alertmanager";
    let named: Vec<&str> = args.alerts_alertmanager.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    let headers = headers("--alerts-alertmanager-header-file", args.alerts_alertmanager_header_file.as_deref())?;
    if named.is_empty() {
        needs("--alerts-alertmanager-header-file", args.alerts_alertmanager_header_file.as_ref(), "--alerts-alertmanager URL")?;
    }
    ensure!(named.len() <= MOST_ALERTMANAGERS, "{FLAG}: there are more than {MOST_ALERTMANAGERS}; name those of one cluster");
    let mut sinks = Vec::new();
    for text in named {
        let url = Url::parse(text).map_err(|why| anyhow!("{FLAG}: {why}"))?;
        ensure!(!text.contains(['?', '#']), "{FLAG}: there is a query in the URL; write it without ? and #");
        sinks.push(Sink::Alertmanager { url, headers: headers.clone() });
    }
    Ok(sinks)
}

fn needs(flag: &str, given: Option<&PathBuf>, other: &str) -> anyhow::Result<()> {
    ensure!(given.is_none(), "{flag} says nothing by itself; write {other}, too");
    Ok(())
}

fn url(flag: &str, file: &Path) -> anyhow::Result<Url> {
    Url::parse(&line_of(flag, file)?).map_err(|why| anyhow!("{flag}: '{}': {why}", file.display()))
}

fn signing_secret(file: &Path) -> anyhow::Result<Secret> {
    const FLAG: &str = "--alerts-webhook-secret-file";
    Secret::for_signing(&line_of(FLAG, file)?).map_err(|why| anyhow!("{FLAG}: '{}': {why}", file.display()))
}

fn headers(flag: &str, file: Option<&Path>) -> anyhow::Result<Headers> {
    let Some(file) = file else { return Ok(Headers::default()) };
    Headers::parse(&text_of(flag, file)?).map_err(|why| anyhow!("{flag}: '{}': {why}", file.display()))
}

/// The one line of a file that says something.
fn line_of(flag: &str, file: &Path) -> anyhow::Result<String> {
    let text = text_of(flag, file)?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line.to_owned()),
        (None, _) => bail!("{flag}: '{}' is empty; write it into the file as one line", file.display()),
        (Some(_), Some(_)) => bail!("{flag}: '{}' holds more than one line; leave the right one", file.display()),
    }
}

fn text_of(flag: &str, file: &Path) -> anyhow::Result<String> {
    // Whoever writes the secret itself where the name of a file belongs must not read it in a log.
    if file.to_string_lossy().contains("://") {
        bail!("{flag}: this is a URL; write it into a file, and the name of the file here");
    }
    let bytes = read_secret_file(file).map_err(|why| anyhow!("{flag}: {why}"))?;
    if let Some(warning) = too_open(file) {
        super::say(&format!("warning: {warning}"));
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("{flag}: '{}' is no text", file.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        alerts: AlertArgs,
    }

    fn resolved(line: &[&str]) -> anyhow::Result<AlertSettings> {
        resolve(&Line::parse_from(["serve"].iter().chain(line)).alerts)
    }

    fn refused(line: &[&str]) -> String {
        format!("{:#}", resolved(line).unwrap_err())
    }

    struct Files(tempfile::TempDir);

    impl Files {
        fn write(&self, name: &str, text: &str) -> String {
            let path = self.0.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        }
    }

    #[test]
    fn nobody_is_told_unless_somebody_is_named() {
        assert_eq!(resolved(&[]).unwrap(), AlertSettings::default());
        assert_eq!(resolved(&["--alerts-alertmanager", ""]).unwrap(), AlertSettings::default());
        let usual = AlertSettings::default();
        assert_eq!((usual.evaluation.as_secs(), usual.resend.as_secs(), usual.ends_in().as_secs()), (1, 60, 240));
    }

    #[test]
    fn sinks_are_named_by_addresses_and_by_files_that_hold_secrets() {
        let files = Files(tempfile::tempdir().unwrap());
        let (url, slack) =
            (files.write("url", "# ours\nhttps://hook.example/a\n"), files.write("slack", "https://slack.example/b"));
        let (key, secret) = (
            files.write("key", "0123456789abcdef0123456789abcdef\n"),
            files.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        );
        let settings = resolved(&[
            "--alerts-alertmanager=http://one:9093,http://two:9093/am",
            "--alerts-alertmanager",
            "http://three:9093",
            "--alerts-webhook-url-file",
            &url,
            "--alerts-webhook-secret-file",
            &secret,
            "--alerts-pagerduty-key-file",
            &key,
            "--alerts-slack-url-file",
            &slack,
            "--alerts-resend=30s",
            "--external-url=https://steelthread.example/",
        ])
        .unwrap();
        let names: Vec<String> = settings.sinks.iter().map(Sink::name).collect();
        let alertmanagers = ["alertmanager http://one:9093", "alertmanager http://two:9093", "alertmanager http://three:9093"];
        assert_eq!(names, [&alertmanagers[..], &["webhook", "pagerduty", "slack"]].concat());
        assert_eq!((settings.resend.as_secs(), &*settings.external_url), (30, "https://steelthread.example"));
        assert!(!format!("{settings:?}").contains("abcdef"), "{settings:?}");
    }

    #[test]
    fn what_is_wrong_is_told_with_the_flag_and_without_what_is_secret() {
        let files = Files(tempfile::tempdir().unwrap());
        let (canary, two) =
            (files.write("one", "canary\n"), files.write("two", "https://a.example/canary\nhttps://b.example/canary\n"));
        let (empty, url) = (files.write("empty", "\n# canary\n"), files.write("url", "https://a.example/canary"));
        for (line, what) in [
            (&["--alerts-slack-url-file", &*canary][..], "there is no http:// or https://"),
            (&["--alerts-slack-url-file", &two], "holds more than one line"),
            (&["--alerts-slack-url-file", &empty], "is empty"),
            (&["--alerts-slack-url-file", "https://hooks.example/canary"], "this is a URL; write it into a file"),
            (&["--alerts-webhook-url-file", "/nowhere/at/all"], "cannot be read"),
            (&["--alerts-pagerduty-key-file", &canary], "32 letters and digits"),
            (&["--alerts-webhook-url-file", &url, "--alerts-webhook-secret-file", &canary], "16 characters"),
            (&["--alerts-webhook-url-file", &url, "--alerts-webhook-header-file", &canary], "line 1: there is no colon"),
            (&["--alerts-webhook-secret-file", &canary], "write --alerts-webhook-url-file FILE, too"),
            (&["--alerts-alertmanager-header-file", &files.write("h", "a: canary")], "write --alerts-alertmanager URL, too"),
            (&["--alerts-alertmanager", "http://me:canary@there"], "header file"),
            (&["--alerts-alertmanager", "http://there?key=canary"], "without ? and #"),
            (&["--external-url", "canary"], "there is no http:// or https://"),
            (&["--alerts-resend", "10ms"], "shorter than a second"),
            (&["--alerts-evaluation", "often"], "no length of time"),
        ] {
            let told = refused(line);
            assert!(
                told.starts_with(line[line.len() - 2]) && told.contains(what) && !told.contains("canary"),
                "{line:?}: {told}"
            );
        }
    }
}
