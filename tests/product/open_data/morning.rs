//! A researcher's morning (`examples`): both scripts run as they stand, and leave what it takes to cite what they found.

use std::{
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use anyhow::{Context, Result, ensure};
use shirube_testing::{Backend, TestServer};

use super::get;
use crate::python;

/// Runs a script where the packages of the tests are, of which one is DuckDB's command.
async fn run(script: &'static str, arguments: [&str; 3], folder: &Path) -> Result<Output> {
    let python = python::interpreter()?;
    let program = if script == "morning.py" { python.clone().into_os_string() } else { OsString::from("bash") };
    let mut path = python.parent().context("a folder")?.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command.arg(format!("../examples/{script}")).args(arguments).arg(folder).env("PATH", path).stdin(Stdio::null());
    Ok(tokio::task::spawn_blocking(move || command.output()).await??)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_researcher_compares_plots_and_cites() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let version = get(&server, "/data/observations.csv").await?.headers()["shirube-data-version"].to_str()?.to_owned();
    let mut told = Vec::new();
    for script in ["morning.py", "morning.sh"] {
        let folder = tempfile::tempdir()?;
        let ran = run(script, [&server.url(""), "出生数", "012262"], folder.path()).await?;
        let (out, errors) = (String::from_utf8(ran.stdout)?, String::from_utf8(ran.stderr)?);
        ensure!(ran.status.success() && errors.is_empty(), "{script}: {out}\n{errors}");
        ensure!(out.starts_with("indicator: 出生数 (Live births), births\n"), "{script}: {out}");
        ensure!(out.contains("\nthe file holds the same rows\n"), "{script}: {out}");

        let citation = fs::read_to_string(folder.path().join("citation.txt"))?;
        ensure!(out.ends_with(&citation), "{script}: {citation}");
        let says = |start: &str| {
            citation
                .lines()
                .find_map(|line| line.strip_prefix(start))
                .with_context(|| format!("{script}: {start} in {citation}"))
        };
        assert_eq!(says("データの版: ")?, version, "{script}");
        ensure!(says("ライセンス: ")?.contains("PDL1.0"), "{script}: {citation}");
        ensure!(says("出典: ")?.contains("統計センター"), "{script}: {citation}");
        let (address, _) = says("URL: ")?.split_once('（').context("the day")?;

        let rows = fs::read(folder.path().join("rows.csv"))?;
        let address = address.strip_prefix(&server.url("")).context("ours")?;
        ensure!(rows == get(&server, address).await?.error_for_status()?.bytes().await?, "{script}: other rows");
        let count = csv::Reader::from_reader(rows.as_slice()).records().count();
        ensure!(
            out.contains(&format!("\nrows: {count} of {count}; without a value: ")) && count > 1_000,
            "{script}: {out}"
        );

        let drawn = fs::read_to_string(folder.path().join("plot.svg"))?;
        ensure!(drawn.contains("<svg") && drawn.trim_end().ends_with("</svg>"), "{script}: {drawn}");
        ensure!(drawn.contains("出生数") && drawn.contains("砂川市"), "{script}: {drawn}");
        told.push(out);
    }
    assert_eq!(told[0], told[1], "both tell the same");
    Ok(())
}

/// Nothing is left out silently.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_researcher_does_not_get_is_told() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    for script in ["morning.py", "morning.sh"] {
        let folder = tempfile::tempdir()?;
        for (name, told) in
            [("存在しない指標", "該当する指標がありません"), ("合計特殊出生率", "値のある市区町村がありません")]
        {
            let ran = run(script, [&server.url(""), name, "012262"], folder.path()).await?;
            ensure!(!ran.status.success(), "{script} {name}");
            ensure!(String::from_utf8(ran.stderr)?.contains(told), "{script} {name}");
        }
        // 999999 is no municipality, and a part of a name finds several indicators.
        let ran = run(script, [&server.url(""), "出生", "999999"], folder.path()).await?;
        let out = String::from_utf8(ran.stdout)?;
        ensure!(ran.status.success(), "{script}: {out}");
        ensure!(
            out.contains("\nnot taken: ") && out.contains("999999 has no value and is not in the plot"),
            "{script}: {out}"
        );
    }
    Ok(())
}
