//! Scripts: what must happen in one step on the server.

use std::sync::LazyLock;

use redis::{Cmd, ToRedisArgs};

/// A script, and the hash that servers know it by.
pub(super) struct Script {
    source: &'static str,
    hash: LazyLock<String>,
}

/// A script by name, of the files in `lua`, each after those that it needs.
macro_rules! scripts {
    ($($name:ident = $($file:literal)+;)+) => {
        $(
            pub(super) static $name: Script = {
                const SOURCE: &str = concat!($(include_str!(concat!("lua/", $file, ".lua"))),+);
                Script {
                    source: SOURCE,
                    hash: LazyLock::new(|| redis::Script::new(SOURCE).get_hash().to_owned()),
                }
            };
        )+
    };
}

scripts! {
    ANNOUNCE = "clock" "lease" "announce";
    RENEW = "clock" "lease" "renew";
    LEASES = "clock" "lease" "leases";
    NODES = "clock" "lease" "nodes";
    CLAIM = "claim";
    RELEASE = "release";
    PRUNE = "prune";
    ISSUE = "clock" "code" "issue";
    REDEEM = "clock" "code" "redeem";
    RESTORE = "clock" "code" "restore";
    TAKE = "clock" "take";
    WAIT = "clock" "failure" "wait";
    FAIL = "clock" "failure" "fail";
    ACQUIRE = "clock" "lock" "acquire";
    EXTEND = "clock" "lock" "extend";
    RESERVE = "clock" "place" "reserve";
    FILL = "clock" "place" "fill";
}

/// A call of a script.
pub(super) struct Invocation<'a> {
    script: &'a Script,
    keys: &'a [&'a str],
    arguments: Vec<Vec<u8>>,
}

impl<'a> Invocation<'a> {
    /// Of `script` on `keys`, which lie in one slot.
    pub(super) fn new(script: &'a Script, keys: &'a [&'a str]) -> Self {
        Self { script, keys, arguments: Vec::new() }
    }

    /// With one more argument.
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    /// The call of a script that the server knows.
    pub(super) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    /// The call that brings the script.
    pub(super) fn in_full(&self) -> Cmd {
        self.command("EVAL", self.script.source)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(self.keys).arg(&self.arguments);
        command
    }
}
