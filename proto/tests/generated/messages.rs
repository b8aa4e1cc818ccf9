//! From the `.proto` files to the Rust of `flux_proto::v1`.

use std::fmt::Write;
use std::path::Path;

use protox::Compiler;
use protox::prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};

const PACKAGE: &str = ".flux.v1";
const NOTE: &str =
    "// Generated from proto/flux/v1/*.proto: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated\n";

/// What clients know.
const CLIENTS: [&str; 2] = ["flux/v1/model.proto", "flux/v1/chat.proto"];
/// What only services say to each other: it has no JSON.
const SERVICES: [&str; 3] = ["flux/v1/peer.proto", "flux/v1/status.proto", "flux/v1/verify.proto"];

pub(crate) struct Messages {
    compiler: Compiler,
    files: &'static [&'static str],
}

impl Messages {
    /// The messages that clients and servers share.
    pub(crate) fn of_clients(folder: &Path) -> Self {
        Self::parse(folder, &CLIENTS)
    }

    /// The services with the messages that are theirs alone.
    pub(crate) fn of_services(folder: &Path) -> Self {
        Self::parse(folder, &SERVICES)
    }

    fn parse(folder: &Path, files: &'static [&'static str]) -> Self {
        let mut compiler = Compiler::new([folder]).expect("the folder is there");
        compiler.include_source_info(true).include_imports(true);
        compiler.open_files(files).expect("the .proto files compile");
        Self { compiler, files }
    }

    /// What a server tells of itself by reflection.
    pub(crate) fn descriptors(folder: &Path) -> Vec<u8> {
        let mut compiler = Compiler::new([folder]).expect("the folder is there");
        compiler.include_source_info(false).include_imports(true);
        compiler.open_files(CLIENTS.into_iter().chain(SERVICES)).expect("the .proto files compile");
        compiler.encode_file_descriptor_set()
    }

    /// The messages with their binary form.
    pub(crate) fn rust(&self) -> String {
        let mut config = prost_build::Config::new();
        config.skip_debug(self.redacted_messages().map(|message| format!(".{}", message.full_name())));
        for oneof in self.redacted_messages().flat_map(|message| message.oneofs().collect::<Vec<_>>()) {
            // Left out together with its message, but nothing in it is redacted.
            config.type_attribute(format!(".{}", oneof.full_name()), "#[derive(Debug)]");
        }
        // Kept until they are acknowledged: shared, not copied.
        config.bytes([".flux.v1.LinkBatch.envelopes"]);
        config.service_generator(tonic_prost_build::configure().build_transport(false).service_generator());
        // What is imported is generated too, into a module that is thrown away: all belong to one package, and so the
        // names of both are looked for in one place.
        let (own, imported) =
            (prost_build::Module::from_parts(["own"]), prost_build::Module::from_parts(["imported"]));
        let requests = self
            .compiler
            .file_descriptor_set()
            .file
            .into_iter()
            .map(|file| {
                (if self.files.contains(&file.name()) { own.clone() } else { imported.clone() }, file)
            })
            .collect();
        let mut modules = config.generate(requests).expect("prost-build takes the descriptors");
        let code = modules.remove(&own).expect("there is something in the files");
        let prelude = if modules.is_empty() { String::new() } else { import("messages", self.imported()) };
        format!("{NOTE}{prelude}{code}")
    }

    /// Their canonical protobuf JSON.
    pub(crate) fn json(&self) -> String {
        let mut builder = pbjson_build::Builder::new();
        for file in self.compiler.file_descriptor_set().file {
            builder.register_file_descriptor(file);
        }
        let packages =
            builder.generate(&[PACKAGE], |_| Ok(Vec::new())).expect("pbjson-build takes the descriptors");
        assert_eq!(packages.len(), 1, "there is one package");
        let (_, code) = packages.into_iter().next().unwrap();
        let pool = self.compiler.descriptor_pool();
        let mut names: Vec<String> = pool.all_enums().map(|each| each.name().to_owned()).collect();
        for message in pool.all_messages() {
            names.push(message.name().to_owned());
            if message.oneofs().len() > 0 {
                names.push(snake(message.name()));
            }
        }
        format!("{NOTE}{}\n{}", import(self.module(), names), String::from_utf8(code).expect("code is text"))
    }

    /// `Debug` for the messages with a field that is marked `debug_redact`, without what is in it.
    pub(crate) fn debug(&self) -> String {
        let names = self.redacted_messages().map(|message| message.name().to_owned()).collect();
        let mut out = format!(
            "{NOTE}use std::fmt;\n\n{}use super::redacted::Redacted;\n",
            import(self.module(), names)
        );
        for message in self.redacted_messages() {
            let name = message.name();
            write!(
                out,
                "\nimpl fmt::Debug for {name} {{\n    \
                 fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
                 f.debug_struct({name:?})\n"
            )
            .unwrap();
            let mut oneofs = Vec::new();
            for field in message.fields() {
                let (name, value) = if let Some(oneof) = field.containing_oneof() {
                    assert!(!is_redacted(&field), "{} is in a oneof, which prints itself", field.full_name());
                    if oneofs.contains(&oneof) {
                        continue;
                    }
                    oneofs.push(oneof.clone());
                    (oneof.name().to_owned(), format!("&self.{}", oneof.name()))
                } else {
                    let name = field.name().to_owned();
                    let value = match field.kind() {
                        _ if is_redacted(&field) => format!("&Redacted::new(&self.{name})"),
                        Kind::Enum(_) => format!("&self.{name}()"),
                        _ => format!("&self.{name}"),
                    };
                    (name, value)
                };
                writeln!(out, "            .field({name:?}, {value})").unwrap();
            }
            out.push_str("            .finish()\n    }\n}\n");
        }
        out
    }

    /// What the messages hold that other files define.
    fn imported(&self) -> Vec<String> {
        let mut names = Vec::new();
        for message in self.compiler.descriptor_pool().all_messages().filter(|message| self.is_own(message)) {
            for kind in message.fields().map(|field| field.kind()) {
                match kind {
                    Kind::Message(held) if !self.is_own(&held) => names.push(held.name().to_owned()),
                    Kind::Enum(held) if !self.files.contains(&held.parent_file().name()) => {
                        names.push(held.name().to_owned());
                    }
                    _ => {}
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    fn is_own(&self, message: &MessageDescriptor) -> bool {
        self.files.contains(&message.parent_file().name())
    }

    /// The module that the messages are generated into.
    fn module(&self) -> &'static str {
        if self.files == CLIENTS { "messages" } else { "services" }
    }

    fn redacted_messages(&self) -> impl Iterator<Item = MessageDescriptor> {
        let messages: Vec<_> = self.compiler.descriptor_pool().all_messages().collect();
        messages
            .into_iter()
            .filter(|message| self.is_own(message))
            .filter(|message| message.fields().any(|field| is_redacted(&field)))
    }
}

fn is_redacted(field: &FieldDescriptor) -> bool {
    let options = field.options();
    options.get_field_by_name("debug_redact").is_some_and(|marked| *marked == Value::Bool(true))
}

fn import(module: &str, mut names: Vec<String>) -> String {
    names.sort();
    format!("use super::{module}::{{\n    {},\n}};\n", names.join(",\n    "))
}

fn snake(pascal: &str) -> String {
    let mut out = String::new();
    for letter in pascal.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
