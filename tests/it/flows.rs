//! `flow` from outside: a recording, its store and a server say the same, it is the flow of the shop, and its counts are those of `hops`.

use crate::program::{Server, json, refused, run, shop_map};
use crate::shop::{self, recorded};
use prost::Message;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// 2020-02-29T12:00:00Z: years back.
const FROM_NS: u64 = 1_582_977_600_000_000_000;

/// Who calls whom in the shop, as its plan has it.
const CHECKOUT: [&str; 9] = [
    "customer > web POST /checkout",
    "web POST /checkout > cart",
    "cart > pricing",
    "web POST /checkout > inventory",
    "inventory > stock-db",
    "web POST /checkout > payment",
    "payment > card-network",
    "web POST /checkout > kafka:order-confirmations",
    "web POST /checkout > mail",
];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// `customer > web POST /checkout`, and so on.
fn edges(flow: &Value) -> BTreeSet<String> {
    let name = |at: &Value| at.as_u64().map_or("customer", |at| flow["nodes"][at as usize]["hop"].as_str().unwrap());
    flow["edges"].as_array().unwrap().iter().map(|edge| format!("{} > {}", name(&edge["from"]), name(&edge["to"]))).collect()
}

fn adds_up(flow: &Value) {
    let edges = flow["edges"].as_array().unwrap();
    let sum = |what: &str, is: &dyn Fn(&Value) -> bool| -> f64 {
        edges.iter().filter(|edge| is(edge)).map(|edge| number(&edge[what])).sum()
    };
    for (at, node) in flow["nodes"].as_array().unwrap().iter().enumerate() {
        let out = sum("failures", &|edge| edge["from"] == at);
        assert_eq!(sum("failures", &|edge| edge["to"] == at), number(&node["failures"]) + out, "{node}");
        let out = sum("slow", &|edge| edge["from"] == at);
        assert_eq!(sum("slow", &|edge| edge["to"] == at), number(&node["slow_blamed"]) + out, "{node}");
        assert!(sum("executions", &|edge| edge["to"] == at) >= number(&node["executions"]), "{node}");
    }
    let buckets = number(&flow["buckets"]["caller"]) + number(&flow["buckets"]["unknown"]);
    assert_eq!(sum("failures", &|edge| edge["from"].is_null()) + buckets, number(&flow["failed"]));
}

#[test]
fn a_recording_and_its_store_have_the_same_flow_and_it_is_the_one_of_the_shop() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(31, 120, 20, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let store = folder.path().join("store").display().to_string();
    let status = json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let mut failed = 0.0;
    for one in status["capabilities"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        let flow = json(&["flow", id, "--store", &store, "-o", "json"]);
        assert_eq!(flow, json(&["flow", id, "--map", &map, "-o", "json", &input]));
        adds_up(&flow);
        assert_eq!(
            (&flow["executions"], &flow["failed"], &flow["sampled"]),
            (&one["executions"], &one["failed"], &one["executions"])
        );
        assert_eq!(flow["left_out"].as_array().unwrap().len(), 0, "{}", flow["left_out"]);
        let hops = json(&["hops", id, "--store", &store, "-o", "json"]);
        assert_eq!(hops["buckets"], flow["buckets"]);
        let nodes = flow["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), hops["hops"].as_array().unwrap().len());
        for row in hops["hops"].as_array().unwrap() {
            let node = nodes.iter().find(|node| (&node["hop"], &node["service"]) == (&row["hop"], &row["service"])).unwrap();
            for figure in
                ["executions", "calls", "errors", "failures", "failure_share", "causes", "slow_blamed", "missing", "latency_ms"]
            {
                assert_eq!(node[figure], row[figure], "{id} {figure} of {}", row["hop"]);
            }
        }
        failed += number(&flow["failed"]);
    }
    assert!(failed > 20.0, "{failed}");
    let flow = json(&["flow", "checkout", "--store", &store, "-o", "json"]);
    assert_eq!(edges(&flow), CHECKOUT.map(str::to_owned).into());
    assert_eq!((&flow["customer"], &flow["title"]), (&Value::from("shopper"), &Value::from("Buy what is in the cart")));
    let kinds = |is: &str| -> Vec<&str> {
        let nodes = flow["nodes"].as_array().unwrap().iter().filter(|node| node[is] == true);
        nodes.map(|node| node["hop"].as_str().unwrap()).collect()
    };
    assert_eq!(kinds("external"), ["kafka:order-confirmations", "card-network", "stock-db"]);
    assert_eq!(kinds("queue"), ["kafka:order-confirmations"]);
    let rows = run(&["flow", "checkout", "--store", &store, "-o", "csv"]);
    let rows = String::from_utf8(rows.stdout).unwrap();
    assert_eq!(rows.lines().count(), 1 + CHECKOUT.len());
    let text = String::from_utf8(run(&["flow", "checkout", "--store", &store]).stdout).unwrap();
    assert!(text.contains("└─ web POST /checkout") && text.contains("supplied by Cardnet"), "{text}");
    let (code, told) = refused(&["flow", "nothing", "--store", &store]);
    assert!(code == 2 && told.contains("there is no capability 'nothing'"), "{told}");
    // Of a time in which nothing was, there is nothing to draw.
    let nothing = json(&[
        "flow",
        "checkout",
        "--store",
        &store,
        "--to",
        "2019-01-01T00:00:00Z",
        "--from",
        "2018-01-01T00:00:00Z",
        "-o",
        "json",
    ]);
    assert_eq!(
        (&nothing["edges"], &nothing["note"]),
        (&Value::Array(Vec::new()), &Value::from("no execution was counted in this range"))
    );
}

#[test]
fn a_server_has_the_flow_of_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(32, 60, 20, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let expected = json(&["flow", "checkout", "--map", &map, "-o", "json", &input]);
    let server = Server::start(&["--map", &map]);
    for request in &told.requests {
        let sent = ureq::post(&server.otlp_http).content_type("application/x-protobuf").send(&request.encode_to_vec()).unwrap();
        assert_eq!(sent.status(), 200);
    }
    let ask = || json(&["flow", "checkout", "--server", &server.api, "-o", "json"]);
    let mut flow = ask();
    for _ in 0..120 {
        if flow["executions"] == expected["executions"] {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
        flow = ask();
    }
    adds_up(&flow);
    // What is normal, and so what is too slow, is learnt as time goes by; that went by faster here.
    let without_slow = |flow: &Value| {
        let mut flow = flow.clone();
        let lists = ["nodes", "edges"].map(|list| flow[list].take());
        let each = lists.into_iter().flat_map(|list| list.as_array().unwrap().clone());
        let dull = |mut one: Value| {
            one.as_object_mut().unwrap().retain(|figure, _| figure != "slow" && figure != "slow_blamed");
            one
        };
        each.map(dull).collect::<Vec<_>>()
    };
    assert_eq!(without_slow(&flow), without_slow(&expected));
    for figure in ["executions", "failed", "sampled", "buckets", "left_out", "note"] {
        assert_eq!(flow[figure], expected[figure], "{figure}");
    }
}
