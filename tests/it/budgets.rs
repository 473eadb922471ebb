//! `budget`, `gate`, `export` and `import` from outside: a store, a server and a recording say the same, and exit codes tell scripts.

use crate::program::{Server, json, refused, run, shop_map};
use crate::shop::{self, recorded};

/// 2020-02-29T12:00:00Z: years back.
const FROM_NS: u64 = 1_582_977_600_000_000_000;

#[test]
fn a_recording_and_its_store_have_the_same_budgets_and_they_follow_from_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(31, 60, 20, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let store = folder.path().join("store").display().to_string();
    let status = json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let kept = json(&["budget", "--store", &store, "-o", "json"]);
    assert_eq!(kept, json(&["budget", "--map", &map, "-o", "json", &input]));
    let mut seen = 0;
    for one in status["capabilities"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        for objective in one["objectives"].as_array().unwrap() {
            let same =
                |it: &&serde_json::Value| it["capability"] == id && it["hop"].is_null() && it["objective"] == objective["id"];
            let budget = kept["budgets"].as_array().unwrap().iter().find(same).unwrap();
            assert_eq!(budget["used"], objective["bad"], "{id} {}", objective["id"]);
            let counted = objective["good"].as_u64().unwrap() + objective["bad"].as_u64().unwrap();
            assert_eq!(budget["counted"].as_u64(), Some(counted));
            let spent: u64 = budget["spent"].as_array().unwrap().iter().map(|one| one["used"].as_u64().unwrap()).sum();
            assert_eq!(spent, if budget["kind"] == "availability" { budget["used"].as_u64().unwrap() } else { 0 });
            seen += counted;
        }
        let budgets: Vec<_> = kept["budgets"].as_array().unwrap().iter().filter(|it| it["capability"] == id).collect();
        let output = run(&["gate", id, "--store", &store, "-o", "json"]);
        let gate: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(gate["budgets"].as_array().unwrap().iter().collect::<Vec<_>>(), budgets);
        let gone = budgets.iter().any(|it| it["hop"].is_null() && it["gone"] == true);
        let expected = if gone { (Some(1), "freeze") } else { (Some(0), "allow") };
        assert_eq!((output.status.code(), gate["decision"].as_str().unwrap()), expected);
    }
    assert!(seen > 100, "{seen}");
    let (code, told) = refused(&["gate", "nothing", "--store", &store]);
    assert!(code == 2 && told.contains("there is no capability 'nothing'"), "{told}");
    assert_eq!(refused(&["gate", "--store", &store]).0, 2);
}

#[test]
fn a_server_tells_budgets_up_to_now() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path())]);
    let budgets = json(&["budget", "--server", &server.api, "-o", "json"]);
    let all = budgets["budgets"].as_array().unwrap();
    assert!(!all.is_empty() && all.iter().all(|one| one["range"]["to"] == budgets["at"] && one["counted"] == 0));
    let id = all[0]["capability"].as_str().unwrap();
    let output = run(&["gate", id, "--server", &server.api]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && told.starts_with(&format!("{id}: allow\n")), "{told}");
    assert_eq!(refused(&["gate", "nothing", "--server", &server.api]).0, 2);
    let csv = run(&["budget", id, "--server", &server.api, "-o", "csv"]);
    assert!(String::from_utf8(csv.stdout).unwrap().starts_with("capability,hop,objective,kind,target,window,"));
}

#[test]
fn objectives_go_out_as_openslo_and_come_back_as_the_draft_of_a_map() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let output = run(&["export", "openslo", "--map", &map]);
    let (slo, lost) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && slo.starts_with("---\napiVersion: openslo/v1\nkind: Service\n"), "{slo}");
    assert!(lost.lines().all(|line| line.starts_with(&format!("{map}:")) && line.contains("not carried over")), "{lost}");
    let (file, draft) = (folder.path().join("slo.yaml"), folder.path().join("draft.yaml"));
    std::fs::write(&file, slo).unwrap();
    let output = run(&["import", "openslo", &file.display().to_string()]);
    assert!(output.status.success());
    std::fs::write(&draft, output.stdout).unwrap();
    assert_eq!(refused(&["check", &draft.display().to_string()]).0, 0);
    std::fs::write(&file, "kind: SLO\n").unwrap();
    let (code, told) = refused(&["import", "openslo", &file.display().to_string()]);
    assert!(code == 2 && told.contains("slo.yaml:1:1: a document of OpenSLO without `apiVersion`"), "{told}");
    assert_eq!(refused(&["export", "openslo"]).0, 2);
}

#[test]
fn a_map_whose_alerts_stay_silent_is_right_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.yaml");
    let text = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities: [{id: a, objectives: [{id: lax, target: 80%}]}]\n";
    std::fs::write(&map, text).unwrap();
    let (code, told) = refused(&["check", &map.display().to_string()]);
    assert!(code == 0 && told.contains("map.yaml:3:37: the tier 1h/5m of the objective `lax` never fires"), "{told}");
}
