//! Fills a database with a generated nation, so that the whole service can be measured over it: `cargo xtask nation`.

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use shirube_access::{Scope, table};
use shirube_app::load_sample;
use shirube_domain::strategy::{Strategy, StrategyParts};
use shirube_exchange::{MUNICIPALITIES, STRATEGIES, sample};
use shirube_store::{Backend, Store, StoreOptions};
use shirube_testing::nation::Nation;
use time::OffsetDateTime;
use uuid::Uuid;

/// Publish made-up strategies (架空) of all municipalities in a database, to measure the service over them
#[derive(Parser)]
#[command(name = "nation", bin_name = "cargo xtask nation")]
struct Arguments {
    /// Of how many municipalities, spread over the country
    #[arg(long, default_value_t = MUNICIPALITIES as u64, value_parser = clap::value_parser!(u64).range(1..=MUNICIPALITIES as u64))]
    municipalities: u64,
    /// Another number makes other figures
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A file of SQLite, or the URL of a database as its owner
    database: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match fill(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nation: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn fill(Arguments { municipalities, seed, database }: Arguments) -> Result<()> {
    let url = if database.contains(':') { database } else { format!("sqlite://{database}") };
    let store = Store::connect(&StoreOptions { url: url.clone(), connections: 2, observer: None }).await?;
    match store.backend() {
        Backend::Sqlite => {
            store.migrate().await?;
        }
        Backend::Postgres => store.check_version().await.context("`shirube migrate` makes the tables")?,
    }
    let real = real(&store).await?;
    if load_sample(&store, &Scope::machine(), &mut Uuid::now_v7, now(), |_, _| {}).await? {
        eprintln!("The reference data are loaded.");
    }
    let start = Instant::now();
    let nation = Nation::new()?;
    let (wanted, mut published) = (usize::try_from(municipalities)?, 0);
    for at in 0..wanted {
        for strategy in nation.strategies(at * nation.municipalities.len() / wanted, seed)? {
            // The real ones of the sample stay, and nothing is made up in their place.
            let parts = strategy.parts();
            if !real.iter().any(|of| of.municipality == parts.municipality && of.term.number == parts.term.number) {
                publish(&store, strategy).await?;
                published += 1;
            }
        }
        if (at + 1) % 100 == 0 || at + 1 == wanted {
            eprintln!("{} of {wanted} municipalities, {:.0} s", at + 1, start.elapsed().as_secs_f64());
        }
    }
    store.close().await?;
    println!(
        "{published} made-up strategies are published. Start the server on them:\n\n    \
         cargo run --release -- --database-url {url}"
    );
    Ok(())
}

/// The real strategies of the sample. A database that holds other publications is somebody's, and stays as it is.
async fn real(store: &Store) -> Result<Vec<StrategyParts>> {
    let read = |file: &&str| {
        let strategy = sample::read(file, &mut Uuid::now_v7).map_err(|problems| anyhow!("{problems:?}"))?;
        Ok(strategy.into_parts())
    };
    let real = STRATEGIES.iter().map(read).collect::<Result<Vec<_>>>()?;
    let told = "this database holds other publications than those of the sample; name an empty one, or a new file";
    let publications = store.publications().await?;
    ensure!(publications.len() <= real.len(), told);
    for stored in publications {
        let found = store.publication(&stored).await?.strategy.into_parts();
        ensure!(real.iter().any(|of| (of.municipality, &of.title) == (found.municipality, &found.title)), told);
    }
    Ok(real)
}

/// Publishes a strategy. Its draft holds nothing but its name: it is read by nobody here, and would be most of the database.
async fn publish(store: &Store, strategy: Strategy) -> Result<()> {
    let (scope, municipality) = (Scope::machine(), strategy.parts().municipality);
    let empty = StrategyParts { nodes: Vec::new(), indicators: Vec::new(), ..strategy.parts().clone() };
    let editing = store.tenant(scope.permit::<table::EditStrategy>(municipality)?, now()).await?;
    editing.create_draft(&Strategy::new(empty)?).await?;
    let publishing = store.tenant(scope.permit::<table::Publish>(municipality)?, now()).await?;
    publishing.publish(&strategy, Some("生成データ（架空）".to_owned())).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a tool has a clock of its own")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
