//! `flux-chat`: see `flux serve chat`.

fn main() -> std::process::ExitCode {
    flux_bins::service::main(flux_bins::config::Program::Chat)
}
