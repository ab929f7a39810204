//! What the targets share: folders around the part that is made up, so that it is reached.

use std::{
    io::{Cursor, Write},
    panic::{self, AssertUnwindSafe},
    process,
    sync::{LazyLock, Mutex, Once},
};

use shirube_domain::municipality::Municipality;
use shirube_exchange::{
    entry,
    foreign::{Layout, propose},
    municipalities,
};
use uuid::Uuid;

static MUNICIPALITIES: LazyLock<Vec<Municipality>> = LazyLock::new(|| municipalities().expect("they ship with the product"));

static QUIET: Once = Once::new();
static LAST: Mutex<String> = Mutex::new(String::new());

/// Does something that may not panic. A panic of a library that a reader catches itself is no finding.
fn without_panic(work: impl FnOnce()) {
    QUIET.call_once(|| {
        panic::set_hook(Box::new(|told| *LAST.lock().expect("nothing panics while it is held") = told.to_string()));
    });
    if panic::catch_unwind(AssertUnwindSafe(work)).is_err() {
        eprintln!("{}", LAST.lock().expect("nothing panics while it is held"));
        process::abort();
    }
}

/// Reads a document with every reader of documents. What a proposal says of itself has to be so, and its layout is followed.
pub fn read(bytes: &[u8]) {
    without_panic(|| read_all(bytes));
}

fn read_all(bytes: &[u8]) {
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
