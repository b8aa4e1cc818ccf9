//! `flux-verify`: see `flux serve verify`.

fn main() -> std::process::ExitCode {
    flux_bins::service::main(flux_bins::config::Program::Verify)
}
