//! The documented operations in `schema/operations/`, each with its variables and the committed answer. Set UPDATE=1 to
//! write the answers anew, and read the difference.

use std::{env, fs};

use anyhow::Result;
use serde_json::Value;
use shirube_testing::{Backend, TestService, both_backends};

both_backends!(every_documented_operation_gives_its_answer);

/// Values that differ from instance to instance.
fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), &value) {
                    (
                        "id" | "key" | "hash" | "publishedAt" | "cursor" | "endCursor" | "dataVersion" | "answerId"
                        | "csv" | "parquet" | "arrow" | "indicatorId",
                        Value::String(text),
                    ) if text.len() > 12 => {
                        *value = format!("<{name}>").into();
                    }
                    _ => redact(value),
                }
            }
        }
        _ => {}
    }
}

async fn every_documented_operation_gives_its_answer(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let mut names: Vec<String> = fs::read_dir("../schema/operations")?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".graphql")?.to_owned()))
        .collect();
    names.sort();
    assert_eq!(names.len(), 23);
    for name in names {
        let read = |ending: &str| fs::read_to_string(format!("../schema/operations/{name}.{ending}"));
        let variables: Value = serde_json::from_str(&read("json")?)?;
        let mut answer = service.ask(&read("graphql")?, variables).await?.data()?;
        redact(&mut answer);
        let file = format!("answers/{name}.json");
        if env::var_os("UPDATE").is_some() {
            fs::write(&file, serde_json::to_string_pretty(&answer)? + "\n")?;
        }
        let expected: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
        assert_eq!(answer, expected, "{file}; set UPDATE=1 to write it anew");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_query_of_the_readme_gives_its_answer() -> Result<()> {
    let readme = fs::read_to_string("../README.md")?;
    let block = |language: &str| -> &str {
        let (_, behind) = readme.split_once(&format!("```{language}\n")).expect("the README has the block");
        behind.split_once("```").expect("the block is closed").0
    };
    let service = TestService::sample(Backend::Sqlite).await?;
    let answer = service.ask(block("graphql"), Value::Null).await?.data()?;
    assert_eq!(answer, serde_json::from_str::<Value>(block("json"))?);
    Ok(())
}
