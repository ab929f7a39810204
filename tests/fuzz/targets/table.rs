//! A text: CSV in any letters.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| shirube_fuzz::read(text.as_bytes()));
