//! Who may call what.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a service is, to other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// `flux-gate`.
    Gate,
    /// `flux-chat`.
    Chat,
    /// `flux-status`.
    Status,
    /// `flux-verify`.
    Verify,
    /// A person or program that looks after the cluster.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gate, Self::Chat, Self::Status, Self::Verify, Self::Operator];

    /// As it stands in credentials.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Chat => "chat",
            Self::Status => "status",
            Self::Verify => "verify",
            Self::Operator => "operator",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Who calls: a role, and which of those that have it. For chat nodes and gates the name is their `NodeId`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceIdentity {
    role: Role,
    name: String,
}

/// The name of an instance has other characters than letters, digits, `.`, `_` and `-`, or not 1 to 64 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the name of an instance")]
pub struct InvalidIdentity;

impl ServiceIdentity {
    /// An instance of `role` called `name`.
    pub fn new(role: Role, name: impl fmt::Display) -> Result<Self, InvalidIdentity> {
        let name = name.to_string();
        let fits = (1..=64).contains(&name.len());
        if fits && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            Ok(Self { role, name })
        } else {
            Err(InvalidIdentity)
        }
    }

    /// What it is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Which one.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// `role:name`.
impl fmt::Display for ServiceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role.as_str(), self.name)
    }
}

impl FromStr for ServiceIdentity {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let (role, name) = text.split_once(':').ok_or(InvalidIdentity)?;
        Self::new(Role::parse(role).ok_or(InvalidIdentity)?, name)
    }
}

/// Who may call each method. What is not here nobody may.
const METHODS: [(&str, &[Role]); 14] = {
    use Role::{Chat, Gate, Operator};
    [
        ("/flux.v1.ChatPeerService/Link", &[Chat, Gate]),
        ("/flux.v1.ChatPeerService/Submit", &[Gate]),
        ("/flux.v1.ChatPeerService/Disconnect", &[Gate, Operator]),
        ("/flux.v1.VerifyService/RequestCode", &[Gate, Chat]),
        ("/flux.v1.VerifyService/RedeemCode", &[Gate, Chat]),
        ("/flux.v1.VerifyService/RestoreCode", &[Gate, Chat]),
        ("/flux.v1.VerifyService/SendMail", &[Gate, Chat]),
        ("/flux.v1.StatusService/Report", &[Chat]),
        ("/flux.v1.StatusService/ChooseNode", &[Gate, Chat]),
        ("/flux.v1.StatusService/LookUpPresence", &[Gate, Chat, Operator]),
        ("/flux.v1.StatusService/WatchPresence", &[Gate, Chat, Operator]),
        ("/flux.v1.StatusService/Overview", &Role::ALL),
        (REFLECTION[0], &Role::ALL),
        (REFLECTION[1], &Role::ALL),
    ]
};

const REFLECTION: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The one thing that everybody may ask: whether a service is well.
pub(super) fn is_public(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.Health/")
}

/// A method as it stands in metrics: one of those that there are, never what a caller made up.
pub(in crate::grpc) fn label(path: &str) -> &'static str {
    const HEALTH: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];
    let methods = METHODS.iter().map(|(method, _)| *method).chain(HEALTH);
    methods.into_iter().find(|method| *method == path).map_or("other", |method| &method[1..])
}

pub(super) fn may_call(role: Role, path: &str) -> bool {
    METHODS.iter().any(|(method, roles)| *method == path && roles.contains(&role))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn every_method_there_is_has_its_callers_and_no_other_has() {
        let files = prost_types::FileDescriptorSet::decode(flux_proto::v1::DESCRIPTORS).unwrap();
        let mut defined: Vec<String> = REFLECTION.map(str::to_owned).to_vec();
        for file in &files.file {
            for service in &file.service {
                for method in &service.method {
                    defined.push(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                }
            }
        }
        let mut listed: Vec<String> = METHODS.iter().map(|(method, _)| (*method).to_owned()).collect();
        defined.sort();
        listed.sort();
        assert_eq!(defined, listed);
        assert!(METHODS.iter().all(|(_, roles)| !roles.is_empty()));
    }

    #[test]
    fn nobody_may_call_what_is_not_listed() {
        for role in Role::ALL {
            assert!(!may_call(role, "/flux.v1.NewService/Anything"));
            assert!(!may_call(role, ""));
        }
        assert!(!is_public("/flux.v1.StatusService/Overview"));
        assert!(!is_public("/grpc.health.v1.HealthX/Check"));
        assert_eq!(label("/grpc.health.v1.HealthX/Check"), "other");
        assert_eq!(label("/flux.v1.ChatPeerService/Link"), "flux.v1.ChatPeerService/Link");
    }

    #[test]
    fn an_identity_reads_as_it_is_written() {
        for role in Role::ALL {
            let identity = ServiceIdentity::new(role, "a.b_C-9").unwrap();
            assert_eq!(identity.to_string().parse(), Ok(identity));
        }
        for bad in [
            "",
            "gate",
            "gate:",
            "gate:a:b",
            "gate:a b",
            "boss:a",
            "gate:ä",
            &format!("gate:{}", "a".repeat(65)),
        ] {
            assert_eq!(bad.parse::<ServiceIdentity>(), Err(InvalidIdentity), "{bad}");
        }
    }
}
