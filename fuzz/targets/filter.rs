#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lampfield_fuzz::check("filter", data));
