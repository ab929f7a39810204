//! Drafts: what is written is read back as it was, in a number of statements that does not depend on the size.

use anyhow::{Context, Result};
use serde_json::json;
use shirube_access::{Scope as Asking, table::EditStrategy};
use shirube_domain::{
    DepartmentId, IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    lint::Subject,
    strategy::{
        Accumulation, Ancestor, Baseline, Cell, Decision, Department, Detail, Direction, Figures, Indicator, Lifecycle,
        Lineage, Mapping, MappingDifference, MappingParts, MappingStrength, PublishedGrade, Requirement, Role,
        RoleKind, Scope, Strategy, StrategyParts, SupersededTarget, TargetStatement, Term, Weight, YearFigures,
    },
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_store::Store;
use shirube_testing::{Backend, TestDatabase, TestService, both_backends};
use time::{OffsetDateTime, macros::date};
use uuid::Uuid;

both_backends!(
    migrations_go_up_down_and_up_again,
    a_draft_is_read_back_as_it_was,
    everything_that_a_strategy_can_hold_is_stored,
    a_draft_costs_a_fixed_number_of_statements_and_a_publication_none,
    another_municipality_has_no_such_draft,
);

async fn migrations_go_up_down_and_up_again(backend: Backend) -> Result<()> {
    let database = TestDatabase::empty(backend).await?;
    let store = database.owners_store().await?;
    assert!(store.migrate().await? > 0);
    assert_eq!(store.migrate().await?, 0, "a second run does nothing");
    store.drop_everything().await?;
    assert!(store.migrate().await? > 0);
    assert!(store.is_empty().await?);
    Ok(())
}

/// Writes a strategy as a draft.
async fn create(store: &Store, strategy: &Strategy) -> Result<()> {
    let permit = Asking::machine().permit::<EditStrategy>(strategy.parts().municipality)?;
    Ok(store.tenant(permit, OffsetDateTime::UNIX_EPOCH).await?.create_draft(strategy).await?)
}

fn sample_strategy(at: usize) -> Strategy {
    sample::read(STRATEGIES[at], &mut Uuid::now_v7).expect("the sample is read by its own tests")
}

async fn round_trip(backend: Backend, strategy: &Strategy) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let store = service.database.store().await?;
    create(&store, strategy).await?;
    let read = service.app.draft(&Asking::machine(), strategy.parts().municipality, strategy.parts().id).await?;
    assert_eq!(read.as_ref().map(|read| read.strategy()), Some(strategy));
    Ok(())
}

/// A copy under another id and term, so that it stands beside the published one.
fn copy(strategy: Strategy) -> StrategyParts {
    let mut parts = strategy.into_parts();
    parts.id = StrategyId::from_uuid(Uuid::now_v7());
    parts.term.number = 9;
    parts
}

async fn a_draft_is_read_back_as_it_was(backend: Backend) -> Result<()> {
    for at in 0..STRATEGIES.len() {
        round_trip(backend, &Strategy::new(copy(sample_strategy(at)))?).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "all that there is, each named once")]
async fn everything_that_a_strategy_can_hold_is_stored(backend: Backend) -> Result<()> {
    let mut parts = copy(sample_strategy(0));
    let department = DepartmentId::from_uuid(Uuid::now_v7());
    parts.departments.push(Department { id: department, name: "企画課".into() });
    parts.nodes[3].department = Some(department);
    let amount = |text: &str| shirube_domain::quantity::Amount::parse(text).expect("a number");
    let requirements = [
        Requirement::AtLeast(amount("約1,000千人以上")),
        Requirement::AtMost(amount("18%以内")),
        Requirement::Keep(amount("3")),
        Requirement::KeepAtLeast(amount("3")),
        Requirement::KeepAtMost(amount("3")),
        Requirement::Zero(amount("0人")),
        Requirement::Increase,
        Requirement::Decrease,
        Requirement::Growth("-5.5".parse()?),
        Requirement::Rank(1),
        Requirement::Done,
    ];
    let scopes = [Scope::EachYear, Scope::WholePlan, Scope::Unstated, Scope::In("TERM1/6".parse()?)];
    let kinds =
        [Accumulation::YearlyAmount, Accumulation::RunningTotal, Accumulation::Level, Accumulation::MeanOfYears];
    let cells = ["達成", "調査中", "x", "…", "見込5", "△3", "2億396万円"];
    for (at, requirement) in requirements.into_iter().enumerate() {
        let statement = TargetStatement {
            printed: format!("目標{at}"),
            requirement,
            accumulation: kinds[at % kinds.len()],
            scope: scopes[at % scopes.len()],
        };
        let of: &mut Indicator = &mut parts.indicators[at + 1];
        of.department = Some(department);
        of.weight = Some(Weight::new("2.5".parse()?)?);
        of.lifecycle = Lifecycle::new(Some(FiscalYear::new(2022)?), None)?;
        of.baseline = Some(Baseline::read("おおむね100億円以下（令和元年度）"));
        of.details = vec![
            Detail { heading: "定義".into(), text: "…".into() },
            Detail { heading: "出所".into(), text: "調査".into() },
        ];
        let years = parts.first_year.year()..=parts.last_year.year();
        let figures = years.enumerate().map(|(place, year)| {
            let year = FiscalYear::new(year)?;
            let target = (place % 2 == 0).then(|| Cell::read(cells[place]));
            let [grade, rate] =
                [("A", 2), ("129.0%", 3)].map(|(text, every)| (place % every == 1).then(|| Cell::read(text)));
            let published = PublishedGrade::new(grade, rate);
            Ok(YearFigures { year, target, actual: Cell::read(cells[(at + place) % cells.len()]), published })
        });
        of.figures = Figures::new(figures.collect::<Result<_>>()?, None)?;
        if let Role::Kpi(target) = &mut of.role {
            target.superseded.push(SupersededTarget {
                statement: target.statement.clone(),
                yearly: vec![(FiscalYear::new(2021)?, Cell::read("10"))],
                replaced: "2018-03".parse()?,
                reason: "上方修正".into(),
            });
            target.statement = statement;
        }
    }
    let standard = |key: &str, strength, factor: Option<i64>| {
        Mapping::new(MappingParts {
            standard: key.into(),
            strength,
            factor: factor.map(Into::into),
            differences: factor.map(|_| MappingDifference::Unit).into_iter().collect(),
            reason: factor.map(|_| "千人単位".into()),
            decided: factor.map(|_| Decision { by: Some("企画課".into()), on: date!(2026 - 04 - 01) }),
        })
    };
    parts.indicators[1].mappings = vec![
        standard("births", MappingStrength::Convertible, Some(1_000))?,
        standard("marriages", MappingStrength::NotComparable, None)?,
    ];
    let (node, indicator) = (NodeId::from_uuid(Uuid::now_v7()), IndicatorId::from_uuid(Uuid::now_v7()));
    let ancestor = |subject, name: &str| Ancestor {
        subject,
        name: name.into(),
        role: None,
        unit: None,
        direction: None,
        dropped: None,
    };
    parts.lineage = Some(Lineage {
        previous: StrategyId::from_uuid(Uuid::now_v7()),
        term: Term { printed: "第１期".into(), number: 1 },
        revision: Some(2),
        ancestors: vec![
            ancestor(Subject::Node(node), "前の目標"),
            Ancestor {
                role: Some(RoleKind::Kpi),
                unit: parts.indicators[1].unit.clone(),
                direction: Some(Direction::Lower),
                dropped: Some("統合".into()),
                ..ancestor(Subject::Indicator(indicator), "前の指標")
            },
        ],
    });
    parts.nodes[0].continues = Some(node);
    (parts.indicators[2].continues, parts.indicators[2].redefined) = (Some(indicator), true);
    round_trip(backend, &Strategy::new(parts)?).await
}

/// The same plan with every indicator many times over.
fn enlarged(strategy: Strategy, times: usize) -> Result<Strategy> {
    let mut parts = copy(strategy);
    let original = parts.indicators.clone();
    for _ in 1..times {
        parts.indicators.extend(original.iter().cloned().map(|mut indicator| {
            indicator.id = IndicatorId::from_uuid(Uuid::now_v7());
            indicator
        }));
    }
    Ok(Strategy::new(parts)?)
}

async fn a_draft_costs_a_fixed_number_of_statements_and_a_publication_none(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let small = service.app.strategies("012262".parse()?).first().context("a strategy")?.id();
    let large = enlarged(sample_strategy(0), 20)?;
    let store = service.database.store().await?;
    create(&store, &large).await?;

    service.statements();
    service.app.draft(&Asking::machine(), "012262".parse()?, small).await?.context("the draft of the sample")?;
    let for_small = service.statements();
    let read =
        service.app.draft(&Asking::machine(), "012262".parse()?, large.parts().id).await?.context("the large draft")?;
    let for_large = service.statements();
    assert_eq!(read.strategy().indicators().len(), 20 * 52);
    assert_eq!(for_small, for_large, "a draft of 52 indicators and one of 1,040");
    assert!((12..=14).contains(&for_small), "{for_small} statements");

    let whole = include_str!("../../schema/operations/strategy.graphql");
    for code in ["012262", "325252"] {
        service.ask(whole, json!({ "code": code })).await?.data()?;
    }
    let query =
        "{ municipalities(first: 100, orderBy: { field: POPULATION }) { nodes { name strategies { title } } } }";
    service.ask(query, json!(null)).await?.data()?;
    assert_eq!(service.statements(), 0, "what is published is answered from memory");
    Ok(())
}

async fn another_municipality_has_no_such_draft(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let sunagawa = service.app.strategies("012262".parse()?).first().context("a strategy")?.id();
    assert!(service.app.draft(&Asking::machine(), "325252".parse()?, sunagawa).await?.is_none());
    assert!(service.app.strategy("325252".parse()?, sunagawa).is_none());
    Ok(())
}
