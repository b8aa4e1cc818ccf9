//! `flux`: a chat server in one process, and the tools to try it.

fn main() -> std::process::ExitCode {
    flux_bins::cli::main()
}
