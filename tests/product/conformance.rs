//! Suites of others against the service: the audits of GraphQL over HTTP, graphql-js, the compilers and linters of Relay.
//! They are programs of Node in `tests/conformance/`.

use anyhow::{Context, Result, ensure};
use shirube_testing::{Backend, TestServer};
use tokio::process::Command;

async fn run(script: &str) -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let output = Command::new("node")
        .arg(script)
        .current_dir("conformance")
        .env("SHIRUBE_URL", server.url("/graphql"))
        .output()
        .await
        .context("node is not at hand: run the tests with `cargo xtask test`, which installs it")?;
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(
        output.status.success(),
        "{script} failed; run `cargo xtask test` once if its packages are missing\n{told}\n{errors}"
    );
    println!("{told}");
    Ok(())
}

macro_rules! suites {
    ($($name:ident: $script:literal,)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result<()> {
            run($script).await
        })+
    };
}

suites! {
    the_audits_of_graphql_over_http_pass: "audit.mjs",
    the_schema_is_valid_described_and_relay_shaped: "schema.mjs",
    the_relay_compiler_takes_the_operations: "relay.mjs",
    the_schema_linters_find_nothing: "lint.mjs",
    verdicts_are_those_of_graphql_js: "differential.mjs",
}
