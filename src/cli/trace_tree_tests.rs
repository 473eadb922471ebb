#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::output::Look;
use super::trace_tree::text;
use crate::query::{TreeLine, VerdictLine};
use crate::serve::fakes;

/// One call, ok, of 10 ms.
fn hop(hop: &str, service: &str, caller: Option<u32>) -> TreeLine {
    TreeLine { status: "ok".into(), errors: 0, longest_ms: 10.0, ..fakes::tree_line(hop, service, caller) }
}

fn told(tree: Vec<TreeLine>, change: impl FnOnce(&mut VerdictLine)) -> String {
    let mut verdict = VerdictLine { tree, slow_blame: None, ..fakes::verdict() };
    change(&mut verdict);
    text(&verdict, Look::PLAIN)
}

fn blame(verdict: &mut VerdictLine, hop: &str, cause: &str) {
    let blame = verdict.blame.as_mut().unwrap();
    (blame.hop, blame.cause) = (hop.into(), cause.into());
}

#[test]
fn an_asynchronous_step_is_dashed_and_a_missing_one_is_crossed_out() {
    let tree = vec![
        hop("shop POST /order", "shop", None),
        TreeLine { blamed: true, ..hop("checkout", "checkout", Some(0)) },
        TreeLine { asynchronous: true, ..hop("mail process orders", "mail", Some(0)) },
        TreeLine { calls: 0, status: "missing".into(), ..hop("confirmation", "mail", Some(1)) },
    ];
    let expected = "  who called whom:
    hop                        calls  longest  ended
    shop POST /order               1  10.0 ms  ok
    ├─ checkout                    1  10.0 ms  ok       ◀ to blame: a step that must be there is not
    │  └✗ confirmation (mail)      -        -  missing  was not called
    └┄ mail process orders         1  10.0 ms  ok       asynchronous
";
    assert_eq!(told(tree, |verdict| blame(verdict, "checkout", "missing_step")), expected);
}

#[test]
fn a_caller_that_is_to_blame_stands_above_all() {
    let tree = vec![TreeLine { status: "refused".into(), ..hop("shop POST /order", "shop", None) }];
    let expected = "  who called whom:
    hop               calls  longest  ended
    (caller)              -        -  -        ◀ to blame: it was asked for something wrong
    shop POST /order      1  10.0 ms  refused
";
    assert_eq!(told(tree, |verdict| blame(verdict, "(caller)", "caller_error")), expected);
}

#[test]
fn what_the_tree_had_no_room_for_is_a_number_and_the_culprit_a_line() {
    let tree = vec![
        TreeLine { more_calls: 87, ..hop("shop POST /order", "shop", None) },
        TreeLine { calls: 3, errors: 3, retries: 2, status: "error".into(), ..hop("cart", "cart", Some(0)) },
        TreeLine { more_calls: 1, ..hop("stock", "stock", Some(0)) },
        TreeLine { further: true, blamed: true, status: "error".into(), ..hop("pg", "pg", Some(0)) },
    ];
    let expected = "  who called whom:
    hop                  calls  longest  ended
    shop POST /order         1  10.0 ms  ok
    ├─ cart                 ×3  10.0 ms  error  3 of 3 in error; 2 repeat failed calls
    ├─ stock                 1  10.0 ms  ok
    │  └─ … 1 more call
    ├⋯ pg                    1  10.0 ms  error  ◀ to blame: something outside answered with an error
    └─ … 87 more calls
";
    assert_eq!(told(tree, |verdict| blame(verdict, "pg", "dependency_error")), expected);
}

#[test]
fn a_deep_tree_is_cut_where_lines_would_run_off_and_the_culprit_is_told() {
    let chain = |count: u32| (0..count).map(|n| hop(&format!("s{n}"), &format!("s{n}"), n.checked_sub(1)));
    let mut tree: Vec<TreeLine> = chain(20).collect();
    tree[19].blamed = true;
    let text = told(tree, |verdict| blame(verdict, "s19", "app_error"));
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert_eq!(lines.len(), 2 + 13 + 2, "{text}");
    assert!(lines[14].trim_start().starts_with("└─ s12 "), "{text}");
    assert!(
        lines[15].trim_start().starts_with("├⋯ s19 ") && lines[15].ends_with("◀ to blame: the operation itself failed"),
        "{text}"
    );
    assert!(lines[16].ends_with("└─ … 6 more calls"), "{text}");
}

#[test]
fn a_document_that_makes_no_sense_is_still_a_tree() {
    let tree = vec![hop("a", "a", Some(0)), hop("b", "b", Some(9)), hop("c", "c", Some(1))];
    assert_eq!(told(tree, |_| ()).lines().count(), 2 + 3);
    assert_eq!(told(Vec::new(), |_| ()), "");
}
