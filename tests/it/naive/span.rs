//! A span as plainly as it can be said.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Unset,
    Ok,
    Error,
}

#[derive(Debug, Clone)]
pub struct Span {
    pub id: u64,
    /// 0: none.
    pub parent: u64,
    pub service: String,
    pub name: String,
    pub kind: Kind,
    pub status: Status,
    pub http: Option<u16>,
    pub grpc: Option<u8>,
    pub error_type: Option<String>,
    /// `exception.type` of the last exception event.
    pub exception: Option<String>,
    /// `error=true`.
    pub error_flag: bool,
    /// `service.peer.name`.
    pub peer_name: Option<String>,
    pub peer_service: Option<String>,
    pub address: Option<String>,
    pub port: Option<u16>,
    pub url: Option<String>,
    /// System and namespace.
    pub db: Option<(String, String)>,
    /// System and destination.
    pub messaging: Option<(String, String)>,
    pub receives: bool,
    pub rpc_service: Option<String>,
    pub network: Option<String>,
    pub resend: u32,
    pub host: Option<String>,
    pub start: u64,
    pub end: u64,
    pub attributes: Vec<(String, String)>,
    /// A span of the same trace.
    pub link: Option<u64>,
    /// It also links to another trace, which must not matter.
    pub far_link: bool,
}

impl Span {
    pub fn new(id: u64, parent: u64, service: &str, name: &str, kind: Kind) -> Self {
        Self {
            id,
            parent,
            service: service.into(),
            name: name.into(),
            kind,
            status: Status::Unset,
            http: None,
            grpc: None,
            error_type: None,
            exception: None,
            error_flag: false,
            peer_name: None,
            peer_service: None,
            address: None,
            port: None,
            url: None,
            db: None,
            messaging: None,
            receives: false,
            rpc_service: None,
            network: None,
            resend: 0,
            host: None,
            start: 0,
            end: 0,
            attributes: Vec::new(),
            link: None,
            far_link: false,
        }
    }

    /// Takes over how another span calls its peer.
    pub fn copy_peer(&mut self, other: &Self) {
        self.peer_name.clone_from(&other.peer_name);
        self.peer_service.clone_from(&other.peer_service);
        self.address.clone_from(&other.address);
        self.port = other.port;
        self.url.clone_from(&other.url);
        self.rpc_service.clone_from(&other.rpc_service);
        self.network.clone_from(&other.network);
    }

    pub fn asks(&self) -> bool {
        matches!(self.kind, Kind::Client | Kind::Producer)
    }

    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str()) // E5: the last counts
    }

    fn host_of_url(&self) -> Option<String> {
        let rest = self.url.as_ref()?.split_once("://")?.1;
        let authority = rest.split(['/', '?']).next()?;
        Some(authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_owned())
    }

    /// Path of the URL without query.
    pub fn path_of_url(&self) -> String {
        let Some((_, rest)) = self.url.as_deref().and_then(|url| url.split_once("://")) else { return String::new() };
        rest.split('?').next().and_then(|text| text.find('/').map(|at| text[at..].to_owned())).unwrap_or_default()
    }

    /// All names of the peer, without port (2.2, Peer; H1).
    pub fn peers(&self) -> Vec<String> {
        let names =
            [self.peer_name.clone(), self.peer_service.clone(), self.address.clone(), self.host_of_url(), self.network.clone()];
        if self.asks() { names.into_iter().flatten().collect() } else { Vec::new() }
    }

    /// Names that can be those of a service (E3, H2, B6): what the span calls its peer first of all, and what it calls a service.
    pub fn service_peers(&self) -> Vec<String> {
        if !self.asks() {
            return Vec::new();
        }
        let text = self.peer_text();
        let host = text.rsplit_once(':').map_or(text.as_str(), |(host, _)| host).to_owned();
        [self.peer_name.clone(), self.peer_service.clone(), Some(host)].into_iter().flatten().collect()
    }

    /// H3: how the peer is called when it sends no span.
    pub fn peer_text(&self) -> String {
        self.peer().unwrap_or_else(|| format!("unknown@{}", self.service))
    }

    /// The same, where the span says anything about its peer.
    pub fn peer(&self) -> Option<String> {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let address = self.address.as_ref().map(|address| format!("{address}{port}"));
        let messaging = self.messaging.as_ref().map(|(system, destination)| format!("{system}:{destination}"));
        let db = self.db.as_ref().map(|(system, namespace)| {
            let at = address.clone().unwrap_or_default();
            if namespace.is_empty() { format!("{system}:{at}") } else { format!("{system}:{at}/{namespace}") }
        });
        let in_order = [
            self.peer_name.clone(),
            self.peer_service.clone(),
            messaging,
            db,
            self.rpc_service.clone(),
            address,
            self.host_of_url(),
            self.network.clone(),
        ];
        in_order.into_iter().flatten().next()
    }
}
