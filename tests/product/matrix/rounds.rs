//! Input of the mutations of a reporting round, each on a round that was brought so far for it.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use shirube_access::Scope;
use shirube_app::{Figure, NewOpinion, NewPublication, OpinionChange, Part, Selection};
use shirube_domain::{
    StrategyId,
    calendar::FiscalYear,
    edit::Change,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{Decision, Round},
};
use time::macros::date;

use super::{
    cases::{global_id, short},
    house::House,
};

/// The department of the reporter among the principals.
pub(super) const DEPARTMENT: &str = "企画政策課";

/// A round that was just opened.
struct Opened<'a> {
    house: &'a House,
    part: Part,
    subject: Subject,
}

impl Opened<'_> {
    fn id(&self, kind: &str, rest: &[&str]) -> Value {
        let (code, year) = (self.part.municipality.to_string(), self.part.year.year().to_string());
        let strategy = short(self.part.strategy.uuid());
        global_id(&[&[kind, &code, &year, &strategy], rest].concat())
    }

    fn round(&self) -> Value {
        self.id("round", &[])
    }

    fn task(&self) -> Value {
        match self.subject {
            Subject::Node(id) => self.id("task", &["node", &short(id.uuid())]),
            Subject::Indicator(id) => self.id("task", &["indicator", &short(id.uuid())]),
        }
    }

    async fn reported(&self, submit: bool) -> Result<()> {
        let figure = Figure {
            subject: self.subject,
            version: 0,
            actual: Change::Keep,
            status: None,
            remark: Change::Set("順調".to_owned()),
            causes: None,
            confirmation: Change::Keep,
            submit,
        };
        let reported = self.house.service.app.report_figures(&Scope::machine(), self.part, vec![figure]).await?;
        reported.into_iter().next().context("a report")?.map_err(|told| anyhow::anyhow!("{told}"))?;
        Ok(())
    }

    async fn published(&self) -> Result<()> {
        let (app, machine) = (&self.house.service.app, Scope::machine());
        self.reported(true).await?;
        app.decide_figures(&machine, self.part, &Selection::All, Decision::Approve).await?;
        app.publish_strategy(&machine, self.part.municipality, self.part.strategy, NewPublication::default()).await?;
        Ok(())
    }

    async fn opinion(&self) -> Result<Value> {
        let new = NewOpinion { year: self.part.year, subject: self.subject, text: "意見".to_owned(), public: true };
        let given = self
            .house
            .service
            .app
            .give_opinion(&Scope::machine(), self.part.municipality, self.part.strategy, new)
            .await?;
        let OpinionChange::Done(opinion) = given else { bail!("an opinion was given") };
        Ok(self.id("opinion", &[&short(opinion.id.uuid())]))
    }
}

async fn strategy(house: &House, code: MunicipalityCode) -> Result<(StrategyId, Subject)> {
    let mut document = house.document(code).await?;
    document["plan"] = json!([{
        "title": "事業", "department": DEPARTMENT, "no_indicator": { "reason": "困難なため", "mark": "―" },
        "remarks": { "R3": "前年度の所見" },
    }]);
    let made = house.service.app.create_strategy(&Scope::machine(), code, &document.to_string()).await?;
    let node = made.strategy().nodes().first().context("a node")?.id;
    Ok((made.strategy().parts().id, Subject::Node(node)))
}

/// Input of a mutation of a round, such that it changes something.
pub(super) async fn input(house: &House, field: &str, code: MunicipalityCode) -> Result<Value> {
    let (strategy, subject) = strategy(house, code).await?;
    if field == "openRound" {
        let id = global_id(&["strategy", &code.to_string(), &short(strategy.uuid()), "draft"]);
        return Ok(json!({ "strategy": id, "year": "R4", "due": "2023-05-31" }));
    }
    let year = FiscalYear::new(2022)?;
    let round = Round { strategy, year, due: date!(2023 - 05 - 31), dues: Vec::new() };
    house.service.app.open_round(&Scope::machine(), code, round).await?;
    let of = Opened { house, part: Part { municipality: code, strategy, year }, subject };
    let selection = json!({ "round": of.round() });
    Ok(match field {
        "changeRound" => json!({ "round": of.round(), "version": 1, "due": "2023-06-30" }),
        "reportFigures" => json!({ "figures": [{ "task": of.task(), "remark": "順調" }] }),
        "carryForwardRemarks" => json!({ "selection": selection }),
        "submitFigures" => {
            of.reported(false).await?;
            json!({ "selection": selection })
        }
        "approveFigures" => {
            of.reported(true).await?;
            json!({ "selection": selection })
        }
        "returnFigures" => {
            of.reported(true).await?;
            json!({ "selection": selection, "reason": "書き足してください" })
        }
        "openCorrections" => {
            of.published().await?;
            json!({ "selection": selection, "reason": "訂正" })
        }
        "giveOpinion" => json!({ "round": of.round(), "subject": of.task(), "text": "意見", "public": true }),
        "answerOpinion" => json!({ "id": of.opinion().await?, "version": 1, "answer": "回答" }),
        _ => bail!("no input for {field} in a municipality"),
    })
}
