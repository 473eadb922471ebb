//! Random maps over the services of the generator.

use super::chance::Chance;
use super::map::{CallerErrors, Capability, HopRule, Map, Matcher};
use super::span::Kind;

fn of_service(service: &'static str) -> Matcher {
    Matcher { service: Some(service), ..Matcher::default() }
}

fn of_peer(peer: &'static str) -> Matcher {
    Matcher { peer: Some(peer), ..Matcher::default() }
}

fn of_attribute(key: &'static str, value: &'static str) -> Matcher {
    Matcher { attribute: Some((key, value)), ..Matcher::default() }
}

/// Narrow ones before wide ones: the catalogue refuses a hop that an earlier one hides.
fn candidates() -> Vec<HopRule> {
    let hop = |id, external, matcher| HopRule { id, external, matcher, ..HopRule::default() };
    let named = |service, name| Matcher { name: Some(name), ..of_service(service) };
    let of_kind = |service, kind| Matcher { kind: Some(kind), ..of_service(service) };
    vec![
        hop("charge", false, named("pay", "Pay/Charge")),
        hop("checks", false, Matcher { name: Some("validate"), kind: Some(Kind::Internal), ..Matcher::default() }),
        hop("queue", true, of_kind("web", Kind::Producer)),
        hop("cart-inside", false, of_kind("cart", Kind::Internal)),
        hop("cart", false, of_service("cart")),
        hop("pay", false, of_service("pay")),
        hop("stock", false, of_service("st*")),
        hop("mail", false, of_service("mail")),
        hop("front", false, of_service("web")),
        hop("acme", true, of_peer("*.acme.example")),
        hop("orders-db", true, of_peer("orders-db")),
        hop("to-bank", false, of_peer("bank")),
        hop("web-get", true, Matcher { name: Some("GET /odd"), ..of_kind("web", Kind::Client) }),
    ]
}

fn hops(chance: &mut Chance, share: usize) -> Vec<HopRule> {
    let mut chosen: Vec<HopRule> = candidates().into_iter().filter(|_| chance.percent(share)).collect();
    let ids: Vec<&'static str> = chosen.iter().map(|hop| hop.id).collect();
    for hop in &mut chosen {
        hop.always = chance.percent(5);
        if chance.percent(30) {
            let others = ["cart", "web", "pay", "web POST /buy"];
            let names: Vec<&'static str> = ids.iter().copied().chain(others).filter(|name| *name != hop.id).collect();
            hop.called_by = vec![chance.one(&names)];
        }
        hop.required = match hop.id {
            "mail" => chance.percent(50),
            "stock" | "queue" => chance.percent(10),
            _ => false,
        };
    }
    chosen
}

fn capability(chance: &mut Chance, id: &'static str, entries: Vec<Matcher>, share: usize) -> Capability {
    let mut under = Vec::new();
    if chance.percent(80) {
        under.push(chance.one(&[5, 20, 60]));
    }
    if chance.percent(20) {
        under.push(100);
    }
    Capability {
        id,
        entries,
        failed_when: if chance.percent(70) { vec![of_attribute("order.state", "decl*")] } else { Vec::new() },
        ignored_when: if chance.percent(70) { vec![of_attribute("user_agent.synthetic.type", "*")] } else { Vec::new() },
        caller_errors: chance.one(&[CallerErrors::Reject, CallerErrors::Reject, CallerErrors::Fail, CallerErrors::Ok]),
        hops: hops(chance, share),
        under,
    }
}

pub fn map(seed: u64) -> Map {
    let mut chance = Chance::new(seed ^ 0x006d_6170);
    let web = |name| Matcher { name: Some(name), kind: Some(Kind::Server), ..of_service("web") };
    let charge = Matcher { name: Some("Pay/Charge"), kind: Some(Kind::Server), ..of_service("pay") };
    let buy = vec![web("POST /buy"), Matcher { name: Some("POST /again"), ..of_service("web") }];
    let share = chance.one(&[0, 30, 60, 90]);
    let mut capabilities = vec![capability(&mut chance, "buy", buy, share)];
    if chance.percent(40) {
        capabilities.push(capability(&mut chance, "charge", vec![charge], 30));
    }
    if chance.percent(20) {
        capabilities.push(capability(&mut chance, "browse", vec![web("GET /home")], 20));
    }
    Map { capabilities }
}
