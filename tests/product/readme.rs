//! The README's commands, as somebody would type them.

use std::fs;

use anyhow::{Context, Result, ensure};
use shirube_testing::{Backend, TestServer};
use tokio::process::Command;

/// The commands of a section, one after the other.
fn commands(readme: &str, section: &str) -> Option<String> {
    let (_, text) = readme.split_once(&format!("\n## {section}\n"))?;
    let text = text.split("\n## ").next()?;
    Some(text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_adds_a_municipality_and_a_researcher_gets_a_key() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let link = server.app().first_operator().await?.context("nobody runs a new instance")?;
    let (_, invitation) = link.split_once('#').context("a link holds a secret")?;
    let readme = fs::read_to_string("../README.md")?;
    let script = commands(&readme, "Who may do what").context("the README has the section")?;
    let script = script.replace("URL=http://127.0.0.1:8080", &format!("URL={}", server.url("")));
    let script = script.replace("INVITATION=shi_…", &format!("INVITATION={invitation}"));
    let ran = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().await?;
    let (told, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    ensure!(ran.status.success(), "{told}\n{errors}");
    let answers: Vec<&str> = told.lines().collect();
    ensure!(answers.len() == 3, "the first two are on one line: {told}");
    for (answer, expected) in
        answers.iter().zip(["/invitation#shi_012262_", "/invitation#shi_", "\"kind\":\"API_KEY\""])
    {
        ensure!(answer.contains(expected), "{expected} in {answer}");
        ensure!(!answer.contains("errors") && !answer.contains("\"message\""), "{answer}");
    }
    ensure!(answers[2].contains("ReadInBulk") && answers[2].contains("砂川市"), "{}", answers[2]);
    Ok(())
}
