//! A document of OpenSLO: what it is, what it is called, and what stands beside that.

use super::API_VERSION;
use crate::catalogue::document::{Body, Fields, Findings, Node, Place, mapping, quote, text};

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Service,
    Slo,
    Sli,
    /// Known to OpenSLO, and not here.
    Other(&'static str),
}

const KINDS: [(&str, Kind); 7] = [
    ("Service", Kind::Service),
    ("SLO", Kind::Slo),
    ("SLI", Kind::Sli),
    ("DataSource", Kind::Other("DataSource")),
    ("AlertPolicy", Kind::Other("AlertPolicy")),
    ("AlertCondition", Kind::Other("AlertCondition")),
    ("AlertNotificationTarget", Kind::Other("AlertNotificationTarget")),
];

/// One document.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) name_place: Place,
    pub(super) display_name: Option<&'a Node>,
    /// Key, its place, value.
    pub(super) labels: Vec<(&'a str, Place, &'a Node)>,
    /// Likewise.
    pub(super) annotations: Vec<(&'a str, Place, &'a Node)>,
    pub(super) spec: Option<&'a Node>,
}

/// Reads what all documents have. `None` where it is no document of OpenSLO v1, which is told.
pub(super) fn read<'a>(node: &'a Node, problems: &mut Findings) -> Option<Document<'a>> {
    let fields = Fields::new(node, "a document of OpenSLO", &["apiVersion", "kind", "metadata", "spec"], problems)?;
    let version = fields.need("apiVersion", "write `apiVersion: openslo/v1`", problems)?;
    if text(version, "apiVersion", problems)? != API_VERSION {
        problems.add(
            version.place,
            "another version than `openslo/v1`",
            "write the documents in OpenSLO v1, `apiVersion: openslo/v1`",
        );
        return None;
    }
    fields.need("kind", "write what it is, such as `kind: SLO`", problems)?;
    let kind = fields.word("kind", &KINDS, problems)?;
    let metadata = fields.need("metadata", "write its name, `metadata: {name: …}`", problems)?;
    let metadata = Fields::new(metadata, "metadata", &["name", "displayName", "labels", "annotations"], problems)?;
    let name_node = metadata.need("name", "write its name, such as `name: checkout`", problems)?;
    let mut texts = |key: &str| metadata.get(key).and_then(|node| mapping(node, key, problems)).unwrap_or_default();
    let (labels, annotations) = (texts("labels"), texts("annotations"));
    Some(Document {
        kind,
        place: node.place,
        name: text(name_node, "name", problems)?.to_owned(),
        name_place: name_node.place,
        display_name: metadata.get("displayName").filter(|node| node.body != Body::Null),
        labels,
        annotations,
        spec: fields.get("spec").filter(|node| node.body != Body::Null),
    })
}

impl<'a> Document<'a> {
    /// What stands under an annotation.
    pub(super) fn annotation(&self, key: &str) -> Option<&'a Node> {
        self.annotations.iter().find(|(name, _, _)| *name == key).map(|(_, _, node)| *node)
    }

    /// Names the annotations and labels that are none of these.
    pub(super) fn others_are_lost(&self, known: &[&str], lost: &mut Findings) {
        let all = self.labels.iter().map(|one| ("label", one)).chain(self.annotations.iter().map(|one| ("annotation", one)));
        for (what, (key, place, _)) in all.filter(|(_, (key, _, _))| !known.contains(key)) {
            lost.add(*place, format!("the {what} {} is not carried over", quote(key)), "the map has no place for it");
        }
    }
}

/// Small letters, digits and `-`, as ids of the map are; that it is not as written is told.
pub(super) fn id(written: &str, place: Place, lost: &mut Findings) -> String {
    let good = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    let id: String = written.to_lowercase().chars().map(|one| if good(one) { one } else { '-' }).collect();
    if id != written {
        lost.add(
            place,
            format!("the name {} is not carried over as written", quote(written)),
            format!("it is {} here", quote(&id)),
        );
    }
    id
}
