//! What `check` says, word for word.

use super::super::parse;
use super::*;

fn told(text: &str) -> Vec<String> {
    match parse("map.yaml", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0,
    }
}

/// The problems of a map of one capability. Its lines begin at line 5, column 5.
fn of(rest: &str) -> Vec<String> {
    told(&capability(rest))
}

/// The problems of a matcher as an entry; it begins at line 5, column 32.
fn of_matcher(matcher: &str) -> Vec<String> {
    of(&format!("threads: [{{id: web, entry: {matcher}}}]"))
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let expected = include_str!("../../../tests/maps/all-wrong.txt");
    let problems = parse("all-wrong.yaml", include_str!("../../../tests/maps/all-wrong.yaml")).unwrap_err();
    assert_eq!(format!("{problems}\n"), expected);
}

#[test]
fn a_map_says_what_it_is() {
    assert_eq!(
        told("capabilities: [{id: a}]"),
        [
            "map.yaml:1:1: the map without `apiVersion`; write `apiVersion: steelthread/v1`",
            "map.yaml:1:1: the map without `kind`; write `kind: CapabilityMap`",
        ]
    );
    assert_eq!(
        told("apiVersion: steelthread/v0\nkind: [Map]\ncapabilities: [{id: a}]"),
        [
            "map.yaml:1:13: `apiVersion` `steelthread/v0` is not known; write `apiVersion: steelthread/v1`",
            "map.yaml:2:7: a list under `kind`; write `kind: CapabilityMap`",
        ]
    );
    assert_eq!(
        told("apiVersion: steelthread/v1\nkind: CapabilityMap"),
        ["map.yaml:1:1: the map without `capabilities`; write a list of capabilities under `capabilities`"]
    );
    assert_eq!(told("- a"), ["map.yaml:1:1: a list where the map is expected; write a mapping, `key: value`"]);
    assert_eq!(told(""), ["map.yaml:1:1: the file is empty; write a map that begins with `apiVersion: steelthread/v1`"]);
}

#[test]
fn unknown_keys_are_told_with_the_nearest_known_one() {
    assert_eq!(of("titel: x"), ["map.yaml:5:5: unknown key `titel` in a capability; write `title`"]);
    assert_eq!(
        of("outcome: {colour: red}"),
        [
            "map.yaml:5:15: unknown key `colour` in an outcome; leave it out, or write one of `failed_when`, `ignored_when`, `caller_errors`"
        ]
    );
    assert_eq!(
        of("hops: [{id: a, match: {service: a}, expects: always}]"),
        ["map.yaml:5:41: unknown key `expects` in a hop; write `expect`"]
    );
    assert_eq!(
        of("threads: [{id: a, entri: {service: a}, entry: {service: a}}]"),
        ["map.yaml:5:23: unknown key `entri` in a thread; write `entry`"]
    );
    assert_eq!(
        of("objectives: [{id: a, target: 99%, windows: 28d}]"),
        ["map.yaml:5:39: unknown key `windows` in an objective; write `window`"]
    );
    assert_eq!(
        of("value: {per_execution: 1, currency: EUR, shared: 1}"),
        ["map.yaml:5:46: unknown key `shared` in a value; leave it out, or write one of `per_execution`, `currency`, \
          `from_attribute`, `recovered_share`"]
    );
}

#[test]
fn unknown_keys_of_matchers_are_told_with_what_may_be_meant() {
    assert_eq!(of_matcher("{services: a}"), ["map.yaml:5:33: unknown key `services` in a matcher; write `service`"]);
    assert_eq!(
        of_matcher("{attribute.http.route: a}"),
        ["map.yaml:5:33: unknown key `attribute.http.route` in a matcher; write `attributes.http.route`"]
    );
    assert_eq!(
        of_matcher("{http.route: a}"),
        ["map.yaml:5:33: unknown key `http.route` in a matcher; write `attributes.http.route` for an attribute of the span"]
    );
    assert_eq!(
        of_matcher("{attributes.: a}"),
        ["map.yaml:5:33: `attributes.` names no attribute; write the attribute's key, such as `attributes.http.route`"]
    );
}

#[test]
fn ids_are_there_and_of_the_right_letters() {
    assert_eq!(
        told("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - title: x"),
        ["map.yaml:4:5: a capability without `id`; write `id:` and a name of small letters, digits and `-`"]
    );
    assert_eq!(
        of("hops: [{id: Card Network, match: {service: a}}]"),
        ["map.yaml:5:17: id `Card Network` holds other than small letters, digits and `-`; write `card-network`"]
    );
    assert_eq!(
        of("threads: [{id: '', entry: {service: a}}]"),
        ["map.yaml:5:20: empty text under `id`; fill it in or leave it out"]
    );
}

#[test]
fn duplicates_name_both_places() {
    assert_eq!(
        told("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - id: a\n  - id: a"),
        ["map.yaml:5:9: duplicate capability id `a`, first at map.yaml:4:9; write another id, or leave one of the two out"]
    );
    assert_eq!(
        of("threads: [{id: a, entry: {service: a}}, {id: a, entry: {service: b}}]"),
        ["map.yaml:5:50: duplicate thread id `a`, first at map.yaml:5:20; write another id, or leave one of the two out"]
    );
    assert_eq!(
        of("hops: [{id: a, match: {service: a}}, {id: a, match: {service: b}}]"),
        ["map.yaml:5:47: duplicate hop id `a`, first at map.yaml:5:17; write another id, or leave one of the two out"]
    );
    assert_eq!(
        of("objectives: [{id: a, target: 99%}, {id: a, target: 98%}]"),
        ["map.yaml:5:45: duplicate objective id `a`, first at map.yaml:5:23; write another id, or leave one of the two out"]
    );
    assert_eq!(
        of("owner: a\nowner: b"),
        ["map.yaml:6:5: duplicate key `owner` in a capability, first at map.yaml:5:5; leave one of the two out"]
    );
    assert_eq!(
        of_matcher("{attributes.a: x, attributes: {a: y}}"),
        ["map.yaml:5:63: `a` is tested twice in one matcher, first at map.yaml:5:33; write one test; a list means any of"]
    );
}

#[test]
fn the_same_id_in_different_capabilities_and_hops_is_right() {
    let text = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n\
                - {id: a, threads: [{id: t, entry: {service: a}}], hops: [{id: h, match: {service: h}, objectives: [{id: o, target: 9%}]}],\n\
                   objectives: [{id: o, target: 9%}]}\n\
                - {id: b, threads: [{id: t, entry: {service: b}}], hops: [{id: h, match: {service: h}}]}\n";
    assert_eq!(told(text), Vec::<String>::new());
}

#[test]
fn empty_lists_and_matchers_are_told() {
    let expected = |column: usize, key: &str, example: &str| {
        [format!(
            "map.yaml:5:{column}: empty list under `{key}`; write at least one entry, such as `{example}`, or leave the key out"
        )]
    };
    assert_eq!(of("threads: []"), expected(14, "threads", "[{id: web, entry: {…}}]"));
    assert_eq!(of("hops: []"), expected(11, "hops", "[{id: …, match: {…}}]"));
    assert_eq!(of("objectives: []"), expected(17, "objectives", "[{id: available, target: 99.9%}]"));
    assert_eq!(of("audience: []"), expected(15, "audience", "[booking]"));
    assert_eq!(of("hops: [{id: a, match: {service: a}, called_by: []}]"), expected(52, "called_by", "[booking]"));
    assert_eq!(
        of("outcome: {failed_when: []}"),
        [
            "map.yaml:5:28: empty list under `failed_when`; write at least one matcher, such as `{service: …}`, or leave the key out"
        ]
    );
    assert_eq!(of_matcher("{}"), ["map.yaml:5:32: empty matcher under `entry`; write at least one test, such as `service: …`"]);
    assert_eq!(
        of_matcher("{service: []}"),
        ["map.yaml:5:42: empty list under `service`; write at least one value, or leave the key out"]
    );
    assert_eq!(
        of_matcher("{kind: []}"),
        ["map.yaml:5:39: empty list under `kind`; write at least one kind, such as `server`, or leave the key out"]
    );
    assert_eq!(
        of_matcher("{attributes: {}}"),
        ["map.yaml:5:45: a mapping of `attributes` that says nothing; fill it in or leave it out"]
    );
    assert_eq!(
        of_matcher("{name: {}}"),
        ["map.yaml:5:39: empty test under `name`; write `{regex: …}`, `{exists: true}`, `{exists: false}` or `{gt: …, lt: …}`"]
    );
    assert_eq!(of("outcome:"), ["map.yaml:5:12: nothing where an outcome is expected; write a mapping, `key: value`"]);
}

#[test]
fn what_must_be_there_and_is_not_is_told() {
    assert_eq!(
        of("threads: [{id: a}]"),
        ["map.yaml:5:15: a thread without `entry`; write the matcher of its entry span, `entry: {service: …}`"]
    );
    assert_eq!(
        of("hops: [{id: a}]"),
        ["map.yaml:5:12: a hop without `match`; write what its spans are known by, `match: {service: …}`"]
    );
    assert_eq!(
        of("objectives: [{id: a, under: 1s}]"),
        ["map.yaml:5:18: an objective without `target`; write what is promised, such as `target: 99.9%`"]
    );
    assert_eq!(
        of("value: {recovered_share: 0.5}"),
        [
            "map.yaml:5:12: a value without `currency`; write a code of ISO 4217, such as `currency: EUR`",
            "map.yaml:5:12: a value without an amount; write `per_execution: \"41.50\"`, or `from_attribute:` and an attribute's key",
        ]
    );
}

#[test]
fn wrong_types_are_told() {
    assert_eq!(of("title: [a]"), ["map.yaml:5:12: a list under `title` where text is expected; write a single text"]);
    assert_eq!(of("owner:"), ["map.yaml:5:10: nothing under `owner`; fill it in or leave it out"]);
    assert_eq!(of("owner: ''"), ["map.yaml:5:12: empty text under `owner`; fill it in or leave it out"]);
    assert_eq!(of("audience: booking"), ["map.yaml:5:15: a text under `audience` where a list is expected; write `[booking]`"]);
    assert_eq!(
        of("threads: {id: web}"),
        ["map.yaml:5:14: a mapping under `threads` where a list is expected; write `[{id: web, entry: {…}}]`"]
    );
    assert_eq!(of("hops: [pricing]"), ["map.yaml:5:12: a text where a hop is expected; write a mapping, `key: value`"]);
    assert_eq!(of("[a]: b"), ["map.yaml:5:5: a list as a key of a capability; write the key as text"]);
    assert_eq!(of_matcher("web"), ["map.yaml:5:32: a text where a matcher is expected; write a mapping, `key: value`"]);
    assert_eq!(of_matcher("{name: [[a]]}"), ["map.yaml:5:40: a list inside a list under `name`; write the values in one list"]);
    assert_eq!(
        of_matcher("{name: }"),
        ["map.yaml:5:37: nothing under `name`; write a value, or `{exists: false}` where there must be none"]
    );
    assert_eq!(of_matcher("{peer: ''}"), ["map.yaml:5:39: empty text under `peer`; write a text, or `{exists: false}`"]);
    assert_eq!(
        of("hops: [{id: a, match: {service: a}, called_by: ['']}]"),
        ["map.yaml:5:53: empty text under `called_by`; fill it in or leave it out"]
    );
}

#[test]
fn words_that_are_not_known_are_told() {
    assert_eq!(of_matcher("{kind: sever}"), ["map.yaml:5:39: unknown word `sever` under `kind`; write `server`"]);
    assert_eq!(
        of_matcher("{kind: [server, x]}"),
        ["map.yaml:5:48: unknown word `x` under `kind`; write one of `internal`, `server`, `client`, `producer`, `consumer`"]
    );
    assert_eq!(of_matcher("{kind: SERVER}"), ["map.yaml:5:39: unknown word `SERVER` under `kind`; write `server`"]);
    assert_eq!(
        of("outcome: {caller_errors: ignore}"),
        ["map.yaml:5:30: unknown word `ignore` under `caller_errors`; write one of `reject`, `fail`, `ok`"]
    );
    assert_eq!(
        of("hops: [{id: a, match: {service: a}, expect: never, async: yes, external: 1}]"),
        [
            "map.yaml:5:49: unknown word `never` under `expect`; write one of `always`, `usually`, `optional`",
            "map.yaml:5:63: unknown word `yes` under `async`; write one of `required`, `ignored`",
            "map.yaml:5:78: unknown word `1` under `external`; write one of `true`, `false`",
        ]
    );
}

#[test]
fn tests_that_cannot_be_made_are_told() {
    const SPECIAL: &str = "write `{regex: …}`, `{exists: true}`, `{exists: false}` or `{gt: …, lt: …}`";
    assert_eq!(
        of_matcher("{name: {regex: 'a(b'}}"),
        ["map.yaml:5:47: regular expression `a(b` does not compile: unclosed group; \
          write one in the syntax of the Rust crate `regex`"]
    );
    assert_eq!(of_matcher("{name: {gte: 5}}"), [format!("map.yaml:5:40: unknown test `gte` under `name`; {SPECIAL}")]);
    assert_eq!(
        of_matcher("{name: {regex: a, exists: true}}"),
        [format!("map.yaml:5:39: several tests in one mapping under `name`; {SPECIAL}")]
    );
    assert_eq!(
        of_matcher("{name: {exists: ja}}"),
        ["map.yaml:5:48: unknown word `ja` under `exists`; write one of `true`, `false`"]
    );
    assert_eq!(
        of_matcher("{attributes.a: {gt: x, lt: y}}"),
        [
            "map.yaml:5:52: `x` under `gt` is no number; write a number, such as `500`",
            "map.yaml:5:59: `y` under `lt` is no number; write a number, such as `500`",
        ]
    );
    assert_eq!(
        of_matcher("{attributes.a: {gt: 5, lt: 5}}"),
        ["map.yaml:5:47: no number is over 5 and under 5; write `gt` smaller than `lt`"]
    );
    assert_eq!(
        of_matcher("{service: {exists: false}}"),
        ["map.yaml:5:51: a span always has a service; write `unknown_service` for spans without `service.name`"]
    );
}

#[test]
fn targets_outside_0_to_100_percent_are_told() {
    const INSTEAD: &str = "write a percentage from 0% to 100%, such as `99.9%`";
    for text in ["101%", "-1%", "100.001%", "101", "-0.5", "'101%'"] {
        let shown = text.trim_matches('\'');
        let expected = format!("map.yaml:5:34: target `{shown}` is outside 0..100 %; {INSTEAD}");
        assert_eq!(of(&format!("objectives: [{{id: a, target: {text}}}]")), [expected], "{text}");
    }
    for text in ["high", "99.9%%", "1e2", "'%'", "99,9%"] {
        let shown = text.trim_matches('\'');
        let expected = format!("map.yaml:6:23: target `{shown}` is no percentage; {INSTEAD}");
        assert_eq!(of(&format!("objectives:\n- {{id: a, target: \"{shown}\"}}")), [expected], "{text}");
    }
    assert_eq!(of("objectives: [{id: a, target: 1}]"), ["map.yaml:5:34: target `1` may be 1 % or all; write `1%` or `100%`"]);
}

#[test]
fn durations_that_are_none_are_told() {
    const INSTEAD: &str = "write a number above 0 and one of ms, s, m, h, d, such as `800ms` or `28d`";
    for text in ["800", "28 days", "1y", "-1s", "0s", "ms", "1.5.5s", "0.0000001ms", "99999999999999d", "1h30m"] {
        let expected = format!("map.yaml:5:47: `{text}` under `under` is no duration; {INSTEAD}");
        assert_eq!(of(&format!("objectives: [{{id: a, target: 9%,   under: {text}}}]")), [expected], "{text}");
    }
}

#[test]
fn money_that_is_none_is_told() {
    assert_eq!(
        of("value: {per_execution: 1, currency: EURO}"),
        ["map.yaml:5:41: unknown currency `EURO`; write a code of ISO 4217, such as `EUR`"]
    );
    assert_eq!(of("value: {per_execution: 1, currency: usd}"), ["map.yaml:5:41: unknown currency `usd`; write `USD`"]);
    for text in ["much", "1e3", "-1", "1.", "0x10", "1_000"] {
        let expected =
            format!("map.yaml:5:28: value `{text}` is no amount; write a decimal number in quotes, such as `\"41.50\"`");
        assert_eq!(of(&format!("value: {{per_execution: {text}, currency: EUR}}")), [expected], "{text}");
    }
    for text in ["1.01", "-0.1", "half", "35%"] {
        let expected =
            format!("map.yaml:5:30: `recovered_share` `{text}` is outside 0..1; write a number from 0 to 1, such as `0.35`");
        assert_eq!(of(&format!("value: {{recovered_share: {text}, per_execution: 1, currency: EUR}}")), [expected], "{text}");
    }
}

#[test]
fn an_entry_that_two_threads_share_is_told_with_both() {
    assert_eq!(
        of(
            "threads:\n- {id: a, entry: {service: [s, t], kind: [server, client]}}\n- {id: b, entry: {kind: [client, server], service: [t, s]}}"
        ),
        ["map.yaml:7:22: the entry of thread `b` is also the entry of thread `a` at map.yaml:6:12; \
          write a test that tells the two apart, or leave one thread out"]
    );
    assert_eq!(
        told(
            "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n\
             - {id: one, threads: [{id: a, entry: {service: s}}]}\n\
             - {id: two, threads: [{id: a, entry: {service: s}}]}\n"
        ),
        ["map.yaml:5:38: the entry of thread `a` is also the entry of thread `a` of capability `one` at map.yaml:4:28; \
          write a test that tells the two apart, or leave one thread out"]
    );
}

#[test]
fn a_hop_that_an_earlier_one_hides_is_told_with_both() {
    let hidden = |first: &str, second: &str| of(&format!("hops:\n- {{id: a, match: {first}}}\n- {{id: b, match: {second}}}"));
    let expected = ["map.yaml:7:12: unreachable hop `b`: hop `a` at map.yaml:6:12 takes all its spans; \
         move it before the other, or write a narrower `match` there"];
    for (first, second) in [
        ("{service: pay}", "{service: pay}"),
        ("{service: pay}", "{service: pay, name: charge}"),
        ("{service: pay}", "{service: pay, kind: server}"),
        ("{service: 'p*'}", "{service: pay}"),
        ("{service: 'p*'}", "{service: 'pa?'}"),
        ("{service: '*'}", "{service: {regex: a}}"),
        ("{service: [pay, cart]}", "{service: [cart, pay]}"),
        ("{attributes.a: {exists: true}}", "{attributes.a: 5, service: s}"),
        ("{attributes.a: {gt: 1}}", "{attributes.a: {gt: 2, lt: 9}}"),
        ("{attributes.a: {gt: 1}}", "{attributes.a: 5}"),
        ("{peer: '*.x'}", "{peer: a.x, kind: client}"),
        ("{kind: server}", "{service: pay, kind: server}"),
    ] {
        assert_eq!(hidden(first, second), expected, "{first} {second}");
    }
}

#[test]
fn a_hop_that_can_still_be_reached_is_right() {
    let hidden = |first: &str, second: &str| of(&format!("hops:\n- {{id: a, match: {first}}}\n- {{id: b, match: {second}}}"));
    for (first, second) in [
        ("{service: pay, name: charge}", "{service: pay}"),
        ("{service: pay}", "{service: 'p*'}"),
        ("{service: 'pa?'}", "{service: 'p*'}"),
        ("{service: 'p?'}", "{service: 'p*'}"),
        ("{service: [pay, cart]}", "{service: [cart, ship]}"),
        ("{service: pay}", "{service: pay, peer: bank}"),
        ("{service: pay, kind: server}", "{service: pay}"),
        ("{attributes.a: {exists: true}}", "{attributes.a: {exists: false}}"),
        ("{attributes.a: {gt: 2}}", "{attributes.a: {gt: 1}}"),
        ("{attributes.a: x}", "{resource.a: x}"),
        ("{service: Pay}", "{service: pay}"),
    ] {
        assert_eq!(hidden(first, second), Vec::<String>::new(), "{first} {second}");
    }
}

#[test]
fn a_thread_that_an_earlier_one_of_its_capability_hides_is_told_with_both() {
    assert_eq!(
        of("threads:\n- {id: a, entry: {service: 's*'}}\n- {id: b, entry: {service: shop, kind: server}}"),
        ["map.yaml:7:12: unreachable thread `b`: thread `a` at map.yaml:6:12 takes all its spans; \
          move it before the other, or write a narrower entry there"]
    );
}

#[test]
fn a_matcher_that_cannot_be_read_hides_nobody() {
    assert_eq!(
        of("hops:\n- {id: a, match: {service: pay, nam: x}}\n- {id: b, match: {service: pay, name: y}}"),
        ["map.yaml:6:37: unknown key `nam` in a matcher; write `name`"]
    );
}

#[test]
fn a_matcher_that_never_holds_is_told() {
    assert_eq!(
        of("hops: [{id: a, match: {peer: x, kind: server}}]"),
        ["map.yaml:5:27: this matcher never holds: `peer` is tried on client and producer spans only; \
          leave `kind` out, or write `client` or `producer`"]
    );
}

#[test]
fn a_file_that_is_not_yaml_has_its_first_error_told() {
    assert_eq!(
        told("a:\n\t- b\n"),
        ["map.yaml:2:2: not YAML: tabs disallowed within this context (block indentation); indent with spaces"]
    );
    assert_eq!(
        told("a: b: c"),
        ["map.yaml:1:5: not YAML: mapping values are not allowed in this context; \
          close what is open, line up what belongs together, and put text that holds `: ` or ` #` in quotes"]
    );
    assert_eq!(
        told("a: *x"),
        ["map.yaml:1:4: not YAML: while parsing node, found unknown anchor; define the anchor with `&name` before it is used"]
    );
    assert_eq!(told("a: 1\n---\nb: 2"), ["map.yaml:2:1: a second document begins here; write one map a file, without `---`"]);
}

#[test]
fn files_that_unfold_without_end_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for number in 1..20 {
        let aliases = vec![format!("*a{}", number - 1); 9].join(", ");
        bomb += &format!("a{number}: &a{number} [{aliases}]\n");
    }
    assert_eq!(told(&bomb), ["map.yaml:6:10: the aliases of this file unfold to too much; write the values out"]);
    let mut ladder = String::from("a0: &a0 [x]\n");
    (1..500).for_each(|number| ladder += &format!("a{number}: &a{number} [*a{}]\n", number - 1));
    assert_eq!(told(&ladder), ["map.yaml:47:12: more than 48 levels; lists and mappings must not lie that deep in each other"]);
    for deep in [
        "[".repeat(1_000_000),
        "- ".repeat(1_000_000),
        "{a: ".repeat(1_000_000),
        (0..2_000).map(|depth| " ".repeat(depth) + "a:\n").collect(),
    ] {
        let lines = told(&deep);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].ends_with("lists and mappings must not lie that deep in each other"), "{lines:?}");
    }
    assert_eq!(told("a: &a [*a]"), ["map.yaml:1:8: an alias inside the value it stands for; write the value out"]);
    assert_eq!(told(&" ".repeat((64 << 20) + 1)), ["map.yaml:1:1: the file is larger than 64 MiB; write several files"]);
}

#[test]
fn a_problem_is_one_line_whatever_the_map_says() {
    let lines = of("owner: [a]\n\"ti\\ntle\": x\ncustomer: {}");
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| !line.contains('\n')), "{lines:?}");
    assert!(lines[1].starts_with("map.yaml:6:5: unknown key `ti\\ntle` in a capability; "), "{lines:?}");
}
