//! The rules that are written for Prometheus are rules for Prometheus, and alert when the specification says so.

use std::path::{Path, PathBuf};
use std::process::Command;

/// As `promtool.sh` takes it out of Debian's package. One that is not there fails the test.
fn promtool() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/partners/promtool");
    let folder = std::env::var_os("STEELTHREAD_PROMTOOL").map_or_else(usual, PathBuf::from);
    let path = folder.join("promtool");
    assert!(
        path.is_file(),
        "there is no promtool in {}; fetch it with `tests/partners/promtool.sh install`, \
         or name the folder that has it with STEELTHREAD_PROMTOOL",
        folder.display()
    );
    path
}

/// Runs to its end; what it said on standard output.
#[track_caller]
fn run(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, talk) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{command:?}\n{said}{talk}");
    said.into_owned()
}

fn rules_of(map: &str, folder: &Path) -> PathBuf {
    let (file, rules) = (folder.join("map.yaml"), folder.join("rules.yaml"));
    std::fs::write(&file, format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{map}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelthread"));
    std::fs::write(&rules, run(command.args(["export", "prometheus-rules", "--map"]).arg(&file))).unwrap();
    rules
}

#[test]
fn promtool_accepts_the_rules_of_maps_of_all_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/maps/book-flight.yaml")).unwrap();
    let capabilities = example.split_once("capabilities:\n").unwrap().1;
    let odd = "  - id: odd\n    title: \"{{ $labels.x }} 'a' \\\"b\\\" \\\\ ü\"\n    owner: 'a: {{b}}'\n    \
         objectives: [{id: all, target: 100%, window: month}, {id: lax, target: 50%, window: 7d}, {id: none, target: 0%, under: 1s, window: quarter}]\n";
    for (map, rules) in [(capabilities, 25 + 8), (odd, 25 + 4 + 3)] {
        let said = run(Command::new(promtool()).args(["check", "rules"]).arg(rules_of(map, folder.path())));
        assert!(said.contains(&format!("SUCCESS: {rules} rules found")), "{said}");
    }
}

/// Three days of peace, then ten minutes in which 15 % fail; beside it a capability with ten executions an hour, of which one fails.
/// Ticks of a minute: after 5.76 minutes the page is due, and 271 seconds after it stops the short window is clear (spec 5.2).
/// promtool draws lots for the order of groups that nobody orders: alerts that go before the sums they look at are a tick behind.
const SCENE: &str = r#"
rule_files: [rules.yaml]
evaluation_interval: 1m
group_eval_order: [steelthread-objectives, steelthread-burn-busy, steelthread-burn-quiet]
tests:
  - interval: 1m
    input_series:
      - series: 'steelthread_objective_executions_total{capability="busy",objective="up",result="good"}'
        values: '0+1000x4320 4320850+850x9 4329500+1000x20'
      - series: 'steelthread_objective_executions_total{capability="busy",objective="up",result="bad"}'
        values: '0+0x4320 150+150x9 1500+0x20'
      - series: 'steelthread_objective_executions_total{capability="quiet",objective="up",result="good"}'
        values: '0+0.15x4350'
      - series: 'steelthread_objective_executions_total{capability="quiet",objective="up",result="bad"}'
        values: '0+0x4320 1+0x30'
    alert_rule_test:
      - {eval_time: 4319m, alertname: BudgetBurn, exp_alerts: []}
      - {eval_time: 4325m, alertname: BudgetBurn, exp_alerts: []}
      - eval_time: 4327m
        alertname: BudgetBurn
        exp_alerts:
          - exp_labels: {capability: busy, objective: up, tier: 1h/5m, severity: page, owner: team-busy}
            exp_annotations: {summary: "Busy: 1.75% of the executions of the last 1h break the objective up"}
      - eval_time: 4334m
        alertname: BudgetBurn
        exp_alerts:
          - exp_labels: {capability: busy, objective: up, tier: 1h/5m, severity: page, owner: team-busy}
            exp_annotations: {summary: "Busy: 2.5% of the executions of the last 1h break the objective up"}
      - {eval_time: 4336m, alertname: BudgetBurn, exp_alerts: []}
"#;

#[test]
fn an_outage_pages_when_the_specification_says_and_one_failure_at_night_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let map = "  - {id: busy, title: Busy, owner: team-busy, objectives: [{id: up, target: 99.9%, window: 30d}]}\n  \
         - {id: quiet, objectives: [{id: up, target: 99.9%, window: 30d}]}\n";
    rules_of(map, folder.path());
    let scene = folder.path().join("scene.yaml");
    std::fs::write(&scene, SCENE).unwrap();
    let said = run(Command::new(promtool()).args(["test", "rules"]).arg(&scene));
    assert!(said.contains("SUCCESS"), "{said}");
}
