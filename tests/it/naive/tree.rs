//! Spec 2.1 for a whole trace: who is whose parent.

use super::map::{Capability, Map};
use super::span::{Kind, Span};

#[derive(Debug, Clone)]
pub struct Tree {
    /// Duplicates left out, in the order of arrival.
    pub spans: Vec<Span>,
    pub up: Vec<Option<usize>>,
    /// E3: the parent is a guess.
    pub guessed: Vec<bool>,
    /// E4: what a link says is an asynchronous step of another span's.
    pub linked: Vec<bool>,
    /// E4: an asynchronous step begins here.
    pub steps: Vec<bool>,
    /// The parent never came, whether or not one was guessed.
    pub lost: Vec<bool>,
    pub duplicates: usize,
}

/// Whether the span begins an execution, taken alone.
pub fn is_entry(capability: &Capability, span: &Span) -> bool {
    let claimed = span.attribute("steelthread.capability") == Some(capability.id);
    claimed || capability.entries.iter().any(|entry| entry.holds(span)) // E1
}

impl Tree {
    pub fn build(received: &[Span], map: &Map) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for span in received {
            if !spans.iter().any(|known| known.id == span.id && known.kind == span.kind) {
                let end = span.end.max(span.start); // 2.6: durations never go negative
                spans.push(Span { end, ..span.clone() }); // E5: the first received counts
            }
        }
        let duplicates = received.len() - spans.len();
        let (count, none) = (spans.len(), vec![false; spans.len()]);
        let mut tree = Self {
            spans,
            up: vec![None; count],
            guessed: none.clone(),
            linked: none.clone(),
            steps: none.clone(),
            lost: none,
            duplicates,
        };
        for at in 0..count {
            tree.resolve(at);
        }
        tree.cut_cycles(map);
        tree.hang_links(map);
        tree.attach_orphans(map);
        tree.steps = (0..count).map(|at| tree.begins_step(at)).collect();
        tree
    }

    fn resolve(&mut self, at: usize) {
        let span = &self.spans[at];
        let client = self.spans.iter().position(|other| other.id == span.id && other.kind == Kind::Client);
        if let (Kind::Server, Some(client)) = (span.kind, client) {
            self.up[at] = Some(client); // E5: one id, CLIENT and SERVER
        } else if span.parent != 0 && span.parent != span.id {
            // E2: zeros are no parent, a self-parent is a root
            self.up[at] = self.find(span.parent, &span.service);
            self.lost[at] = self.up[at].is_none();
        }
    }

    /// The span that an id means when a span of this service says it.
    pub fn find(&self, id: u64, service: &str) -> Option<usize> {
        let named: Vec<usize> = (0..self.spans.len()).filter(|at| self.spans[*at].id == id).collect();
        let own: Vec<usize> = named.iter().copied().filter(|at| self.spans[*at].service == service).collect(); // E5
        // Open: both or none of its own service. Work hangs below the side that answers.
        let from = if own.is_empty() { named } else { own };
        from.iter().copied().find(|at| self.spans[*at].kind == Kind::Server).or(from.first().copied())
    }

    pub fn enters_any(&self, map: &Map, at: usize) -> bool {
        map.capabilities.iter().any(|capability| is_entry(capability, &self.spans[at]))
    }

    /// E2: above an entry if the cycle holds one (the earliest), else above the earliest span.
    fn cut_cycles(&mut self, map: &Map) {
        for at in 0..self.spans.len() {
            let mut walked = vec![at];
            while let Some(next) = self.up[walked[walked.len() - 1]] {
                if let Some(first) = walked.iter().position(|one| *one == next) {
                    let cycle = walked[first..].to_vec();
                    let entries: Vec<usize> = cycle.iter().copied().filter(|one| self.enters_any(map, *one)).collect();
                    let from = if entries.is_empty() { cycle } else { entries };
                    let cut = from.into_iter().min_by_key(|one| self.age(*one)).unwrap();
                    self.up[cut] = None;
                    break;
                }
                walked.push(next);
            }
        }
    }

    /// Earliest first; the rest only makes the order total.
    pub fn age(&self, at: usize) -> (u64, u64, Kind) {
        (self.spans[at].start, self.spans[at].id, self.spans[at].kind)
    }

    pub fn children(&self, at: usize) -> Vec<usize> {
        let mut children: Vec<usize> = (0..self.spans.len()).filter(|one| self.up[*one] == Some(at)).collect();
        children.sort_by_key(|one| self.age(*one));
        children
    }

    pub fn subtree(&self, at: usize) -> Vec<usize> {
        let mut all = vec![at];
        for child in self.children(at) {
            all.extend(self.subtree(child));
        }
        all
    }

    /// E4: a CONSUMER or a parentless span that links to a span of the trace hangs below that one. A CONSUMER with a parent in an
    /// execution stays there; if it links into the same tree, it is asynchronous there. Open: an entry that links into an execution
    /// of its own capability. It is an attempt of its own.
    fn hang_links(&mut self, map: &Map) {
        let mut links: Vec<(usize, usize)> = (0..self.spans.len()).filter_map(|at| Some((at, self.link_of(at)?))).collect();
        links.retain(|(from, _)| self.spans[*from].kind == Kind::Consumer || self.is_parentless(*from));
        let is_sent = |at: usize| self.up[at].is_some_and(|parent| self.spans[parent].kind == Kind::Producer);
        links.retain(|(from, _)| self.spans[*from].kind != Kind::Consumer || !is_sent(*from)); // its parent says as much
        links.sort_by_key(|(from, _)| self.age(*from));
        let before = self.clone();
        links.retain(|(from, to)| !before.repeats_an_entry(map, *from, *to));
        for (from, to) in links {
            let stays = before.up[from].is_some_and(|parent| before.is_below_entry(map, parent));
            if stays {
                self.linked[from] = before.top(from) == before.top(to);
            } else if !self.subtree(from).contains(&to) {
                (self.up[from], self.linked[from]) = (Some(to), true);
            }
        }
    }

    fn is_parentless(&self, at: usize) -> bool {
        let span = &self.spans[at];
        self.up[at].is_none() && (span.parent == 0 || span.parent == span.id)
    }

    /// Of two spans with one id a link means the one that sends.
    fn link_of(&self, at: usize) -> Option<usize> {
        let link = self.spans[at].link.filter(|link| *link != self.spans[at].id)?;
        let named: Vec<usize> = (0..self.spans.len()).filter(|one| self.spans[*one].id == link).collect();
        let sends = named.iter().copied().find(|one| self.spans[*one].kind == Kind::Producer);
        sends.or(named.into_iter().min_by_key(|one| self.spans[*one].kind))
    }

    fn is_below_entry(&self, map: &Map, at: usize) -> bool {
        self.enters_any(map, at) || self.has_above(at, &|above| self.enters_any(map, above))
    }

    fn repeats_an_entry(&self, map: &Map, from: usize, to: usize) -> bool {
        map.capabilities.iter().any(|capability| {
            let enters = |at: usize| is_entry(capability, &self.spans[at]);
            enters(from) && (enters(to) || self.has_above(to, &enters))
        })
    }

    /// E3. Orphans of one service that name one lost parent were called by one call; and that call has found its server.
    fn attach_orphans(&mut self, map: &Map) {
        let mut orphans: Vec<usize> =
            (0..self.spans.len()).filter(|at| self.lost[*at] && !self.enters_any(map, *at) && self.up[*at].is_none()).collect();
        orphans.sort_by_key(|at| self.age(*at));
        let mut taken = Vec::new();
        let mut left = Vec::new();
        while let Some(first) = orphans.first().copied() {
            let together = |at: &usize| {
                self.spans[*at].parent == self.spans[first].parent && self.spans[*at].service == self.spans[first].service
            };
            let (family, others): (Vec<usize>, Vec<usize>) = orphans.iter().copied().partition(together);
            orphans = others;
            let call = self.caller_of(&family, &taken);
            taken.extend(call);
            for member in family {
                match call.filter(|call| !self.subtree(member).contains(call)) {
                    Some(call) => (self.up[member], self.guessed[member]) = (Some(call), true),
                    None => left.push(member),
                }
            }
        }
        left.sort_by_key(|at| (self.spans[*at].start, u64::MAX - self.spans[*at].end, self.age(*at)));
        for at in 0..left.len() {
            let host = self.around(left[at], &left[at..]);
            self.up[left[at]] = host;
            self.guessed[left[at]] = host.is_some();
        }
    }

    fn encloses(&self, outer: usize, inner: usize) -> bool {
        self.spans[outer].start <= self.spans[inner].start && self.spans[outer].end >= self.spans[inner].end
    }

    fn width(&self, at: usize) -> u64 {
        self.spans[at].end - self.spans[at].start
    }

    pub fn server_children(&self, at: usize) -> Vec<usize> {
        let asks = self.spans[at].asks() && !self.spans[at].receives;
        let begins = |child: usize| self.steps[child] || self.begins_step(child);
        let answers = |child: &usize| matches!(self.spans[*child].kind, Kind::Server | Kind::Consumer) && !begins(*child);
        self.children(at).into_iter().filter(|child| asks && answers(child)).collect()
    }

    /// Open: several; the last one answered.
    pub fn server_child(&self, at: usize) -> Option<usize> {
        self.server_children(at).pop()
    }

    /// Open: several. The latest call that is around them, else the latest that was open when they began, else the latest before
    /// them, else the first.
    fn caller_of(&self, family: &[usize], taken: &[usize]) -> Option<usize> {
        let service = &self.spans[family[0]].service;
        let start = family.iter().map(|at| self.spans[*at].start).min()?;
        let end = family.iter().map(|at| self.spans[*at].end).max()?;
        let is_call = |at: &usize| self.spans[*at].asks() && !self.spans[*at].receives && self.server_child(*at).is_none();
        let names_it = |at: &usize| self.spans[*at].service_peers().contains(service) && !taken.contains(at);
        let mut calls: Vec<usize> = (0..self.spans.len()).filter(|at| is_call(at) && names_it(at)).collect();
        calls.sort_by_key(|at| self.age(*at));
        let last_open =
            |until: u64| calls.iter().rev().find(|at| self.spans[**at].start <= start && self.spans[**at].end >= until);
        last_open(end).or_else(|| last_open(start)).or_else(|| last_open(0)).or(calls.first()).copied()
    }

    fn top(&self, at: usize) -> usize {
        self.up[at].map_or(at, |parent| self.top(parent))
    }

    /// A span in the tree of an orphan that has no place itself is none.
    fn around(&self, orphan: usize, floating: &[usize]) -> Option<usize> {
        let works = |at: &usize| super::reading::works(&self.spans[*at]) && self.encloses(*at, orphan);
        let open = (0..self.spans.len()).filter(|at| works(at) && !floating.contains(&self.top(*at)));
        open.min_by_key(|at| (self.width(*at), self.spans[*at].id, self.spans[*at].kind)) // open: equally narrow
    }

    /// E4: linked, or a CONSUMER below a PRODUCER, unless a step between them began already.
    fn begins_step(&self, at: usize) -> bool {
        let mut above = self.up[at];
        while let Some(one) = above.filter(|_| self.spans[at].kind == Kind::Consumer) {
            if self.spans[one].kind == Kind::Producer {
                return true;
            }
            if self.begins_step(one) {
                break;
            }
            above = self.up[one];
        }
        self.linked[at]
    }

    pub fn has_above(&self, at: usize, is: &dyn Fn(usize) -> bool) -> bool {
        self.up[at].is_some_and(|parent| is(parent) || self.has_above(parent, is))
    }

    /// E1: entries of a capability, the outermost of each path.
    pub fn entries(&self, capability: &Capability) -> Vec<usize> {
        let enters = |at: usize| is_entry(capability, &self.spans[at]);
        (0..self.spans.len()).filter(|at| enters(*at) && !self.has_above(*at, &enters)).collect()
    }
}
