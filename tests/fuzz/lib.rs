//! What the targets share: folders around the part that is made up, so that it is reached.

use std::{
    io::{Cursor, Write},
    sync::LazyLock,
};

use shirube_domain::municipality::Municipality;
use shirube_exchange::{
    entry,
    foreign::{Layout, propose},
    municipalities,
};
use uuid::Uuid;

static MUNICIPALITIES: LazyLock<Vec<Municipality>> = LazyLock::new(|| municipalities().expect("they ship with the product"));

/// Reads a document with every reader of documents. What a proposal says of itself has to be so, and its layout is followed.
pub fn read(bytes: &[u8]) {
    let _ = entry::read(bytes);
    let read = |layout: &Layout| propose(bytes, layout, &MUNICIPALITIES, &mut Uuid::now_v7);
    if let Ok(proposal) = read(&Layout::default()) {
        let again = read(&proposal.layout).expect("what was read is read again");
        assert!(proposal.layout.tables.len() <= again.layout.tables.len() || !again.problems.is_empty());
    }
}

/// A folded folder of parts that are not folded, so that what is made up stands in it as it is.
pub fn folder(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut folder = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in parts {
        folder.start_file(*name, plain).expect("a new part");
        folder.write_all(bytes).expect("memory takes what is written");
    }
    folder.finish().expect("memory takes what is written").into_inner()
}
