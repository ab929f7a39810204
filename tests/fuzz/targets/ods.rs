//! The content of a workbook of LibreOffice.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shirube_fuzz::read(&shirube_fuzz::folder(&[("content.xml", bytes)])));
