//! Tables that are committed for people to read, compared line by line.

use std::{env, fs, path::Path};

/// Compares a table to the file of that name in a folder of `data`; with UPDATE=1 it is written first.
pub(crate) fn compare(folder: &str, name: &str, table: &str) {
    // Tests run in the folder of their crate. Where that was when they were compiled is no matter: several checkouts may
    // share one folder of builds.
    let file = Path::new("data").join(folder).join(name);
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, table).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let (old, new) = (committed.lines().collect::<Vec<_>>(), table.lines().collect::<Vec<_>>());
    for (at, line) in new.iter().enumerate() {
        assert_eq!(old.get(at), Some(line), "{name}, line {}", at + 1);
    }
    assert_eq!(old.len(), new.len(), "{name}");
}
