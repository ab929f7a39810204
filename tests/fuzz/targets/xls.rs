//! The stream of a workbook of the old format.
#![no_main]

use std::io::{Cursor, Write};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).expect("a new file");
    file.create_stream("/Workbook").and_then(|mut to| to.write_all(bytes)).expect("memory takes what is written");
    file.flush().expect("memory takes what is written");
    shirube_fuzz::read(&file.into_inner().into_inner());
});
