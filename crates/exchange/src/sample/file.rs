//! What a file of the sample format holds, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use shirube_domain::{
    quantity::Number,
    strategy::{
        Absence, Accumulation, Decision, Detail, Direction, Level, MappingDifference, MappingStrength, NoIndicator,
        StatedRequirement,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) format: String,
    pub(super) municipality: String,
    pub(super) title: String,
    pub(super) term: String,
    pub(super) term_number: u8,
    pub(super) first_year: String,
    pub(super) last_year: String,
    pub(super) report: ReportFile,
    pub(super) source: SourceFile,
    pub(super) levels: Vec<Level>,
    /// Who decided on the mappings of the file, and when.
    pub(super) mappings_decided: Option<Decision>,
    pub(super) plan: Vec<NodeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportFile {
    pub(super) year: String,
    pub(super) title: String,
    pub(super) label: Option<String>,
    pub(super) total_heading: Option<String>,
    pub(super) rate_heading: Option<String>,
    pub(super) grade_heading: Option<String>,
    pub(super) goal_remark_heading: Option<String>,
    pub(super) remark_heading: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    pub(super) attribution: String,
    pub(super) terms: String,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeFile {
    pub(super) number: Option<String>,
    pub(super) title: String,
    /// Counted from 0; the level below its parent's unless given.
    pub(super) level: Option<usize>,
    pub(super) department: Option<String>,
    pub(super) started: Option<String>,
    pub(super) ended: Option<String>,
    pub(super) no_indicator: Option<NoIndicator>,
    #[serde(default)]
    pub(super) remarks: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) indicators: Vec<IndicatorFile>,
    #[serde(default)]
    pub(super) children: Vec<NodeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndicatorFile {
    pub(super) label: String,
    pub(super) role: RoleFile,
    pub(super) reason: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) direction: Direction,
    pub(super) baseline: Option<String>,
    pub(super) target: Option<String>,
    pub(super) requirement: Option<StatedRequirement>,
    pub(super) accumulation: Option<Accumulation>,
    pub(super) targets: Option<Vec<Option<String>>>,
    pub(super) actuals: Vec<Option<String>>,
    pub(super) rates: Option<Vec<Option<String>>>,
    pub(super) grades: Option<Vec<Option<String>>>,
    pub(super) total: Option<[String; 2]>,
    #[serde(default)]
    pub(super) absences: BTreeMap<String, Absence>,
    #[serde(default)]
    pub(super) remarks: BTreeMap<String, String>,
    pub(super) department: Option<String>,
    pub(super) started: Option<String>,
    pub(super) ended: Option<String>,
    #[serde(default)]
    pub(super) details: Vec<Detail>,
    pub(super) weight: Option<Number>,
    #[serde(default)]
    pub(super) mappings: Vec<MappingFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) standard: String,
    pub(super) strength: MappingStrength,
    pub(super) factor: Option<Number>,
    #[serde(default)]
    pub(super) differences: BTreeSet<MappingDifference>,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleFile {
    GoalTarget,
    Kpi,
    Monitored,
}
