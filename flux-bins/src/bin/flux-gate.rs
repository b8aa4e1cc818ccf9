//! `flux-gate`: see `flux serve gate`.

fn main() -> std::process::ExitCode {
    flux_bins::service::main(flux_bins::config::Program::Gate)
}
