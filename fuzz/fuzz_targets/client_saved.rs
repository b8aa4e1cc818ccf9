#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| flux_fuzz::run("client_saved", data));
