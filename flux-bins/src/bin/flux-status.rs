//! `flux-status`: see `flux serve status`.

fn main() -> std::process::ExitCode {
    flux_bins::service::main(flux_bins::config::Program::Status)
}
