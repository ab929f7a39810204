//! The program `shirube`.

use std::process::ExitCode;

/// Answers are made of many small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    shirube_server::run()
}
