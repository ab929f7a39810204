//! Takes GraphiQL from its registry package, where npm is at hand, so that the page at `/graphiql` works without the
//! internet and no copy of it lies in the repository. Where npm is not, the page is the small one of our own.

use std::{env, fs, path::Path, process::Command};

/// The packages, pinned, and the files that are taken out of them. These are the last versions that ship bundles which a
/// page can load by itself.
const PACKAGES: [(&str, &[(&str, &str)]); 3] = [
    ("react@18.3.1", &[("umd/react.production.min.js", "react.js")]),
    ("react-dom@18.3.1", &[("umd/react-dom.production.min.js", "react-dom.js")]),
    ("graphiql@4.1.2", &[("graphiql.min.js", "graphiql.js"), ("graphiql.min.css", "graphiql.css")]),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(graphiql)");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);
    if PACKAGES.iter().all(|(package, files)| take(out, package, files).is_some()) {
        println!("cargo::rustc-cfg=graphiql");
    }
}

/// Fetches a package and copies its files; `None` if anything is missing.
fn take(out: &Path, package: &str, files: &[(&str, &str)]) -> Option<()> {
    if files.iter().all(|(_, name)| out.join(name).exists()) {
        return Some(());
    }
    let packed = Command::new("npm")
        .args(["pack", package, "--silent", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=20000"])
        .current_dir(out)
        .output()
        .ok()
        .filter(|packed| packed.status.success())?;
    let archive = String::from_utf8(packed.stdout).ok()?.trim().to_owned();
    let unpacked = Command::new("tar").args(["-xzf", &archive]).current_dir(out).status().ok()?;
    if !unpacked.success() {
        return None;
    }
    for (file, name) in files {
        fs::copy(out.join("package").join(file), out.join(name)).ok()?;
    }
    fs::remove_dir_all(out.join("package")).ok()
}
