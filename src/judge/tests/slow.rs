//! Who made an execution slow.

use super::scene::Scene;
use crate::model::{HopId, Name, Normal, SectionKind};
use std::collections::HashMap;

const LIMIT: &str = "    objectives: [{id: fast, target: 99%, under: 0.001ms}]\n";

/// What is normal, by hop and kind.
#[derive(Default)]
struct Known(HashMap<(HopId, bool), f64>);

impl Normal for Known {
    fn normal_ns(&self, _: Name, hop: HopId, kind: SectionKind) -> Option<f64> {
        self.0.get(&(hop, kind == SectionKind::SelfTime)).copied()
    }
}

fn slow(scene: &Scene, text: &str) -> String {
    let blame = scene.one(text).slow_blame.unwrap();
    format!("{} at {}", blame.cause.as_str(), scene.hop(blame.hop))
}

const TEXT: &str = "
    shop server 0-3000 entry
      shop client 100-1500 host=1 >cart
        cart server 200-1400 host=1 name=get
      shop client 1600-2900 >db";

#[test]
fn slow_blame_where_nothing_is_known_is_the_largest_share() {
    let scene = Scene::with(LIMIT);
    assert_eq!(slow(&scene, TEXT), "self_time at 'cart get' of cart");
    assert_eq!(slow(&scene, &TEXT.replace("200-1400", "900-1200")), "edge_gap at 'cart get' of cart");
    assert_eq!(slow(&scene, &TEXT.replace("200-1400", "1390-1500")), "queue at 'cart get' of cart");
    assert_eq!(slow(&scene, &TEXT.replace("1600-2900", "2890-2900")), "self_time at 'shop do' of shop");
}

#[test]
fn slow_blame_what_is_normal_is_no_reason() {
    let mut scene = Scene::with(LIMIT);
    let hop_of = |scene: &Scene, name: &str| {
        let verdict = scene.one(TEXT);
        verdict.hops.iter().map(|one| one.hop).find(|hop| scene.hop(*hop) == name).unwrap()
    };
    let (cart, db, shop) = (hop_of(&scene, "'cart get' of cart"), hop_of(&scene, "'db'"), hop_of(&scene, "'shop do' of shop"));
    let known = [((cart, true), 1200.0), ((cart, false), 200.0), ((db, true), 300.0), ((shop, true), 300.0)];
    scene.normal = Box::new(Known(HashMap::from(known)));
    assert_eq!(slow(&scene, TEXT), "self_time at 'db'");
    let late = TEXT.replace("1600-2900", "1600-1900").replace("200-1400", "900-1200");
    assert_eq!(slow(&scene, &late), "self_time at 'shop do' of shop", "1300 instead of 300; the cart only moved");
    let known = [((cart, true), 300.0), ((cart, false), 10.0), ((db, true), 1300.0), ((shop, true), 300.0)];
    scene.normal = Box::new(Known(HashMap::from(known)));
    assert_eq!(slow(&scene, &TEXT.replace("200-1400", "900-1200")), "edge_gap at 'cart get' of cart");
    let known = [((cart, true), 9e9), ((db, true), 9e9), ((shop, true), 9e9)];
    scene.normal = Box::new(Known(HashMap::from(known)));
    assert_eq!(slow(&scene, TEXT), "self_time at 'cart get' of cart", "slow as ever: the largest share");
}
