//! A strategy in the sample format.
#![no_main]

use uuid::Uuid;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = shirube_exchange::sample::read(text, &mut Uuid::now_v7);
});
