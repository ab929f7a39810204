//! What became of a strategy's rows between two revisions: a table that makes the new one of the old one.

use std::collections::HashMap;

use super::{COLUMNS, Column, Field, Observation, Published, Row, text};
use crate::IndicatorId;

/// What became of a row since an earlier version of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// There was none of its key.
    Added,
    /// It says something else.
    Changed,
    /// It says the same in a later revision.
    Republished,
    /// There is none of its key any more. The row is as it was.
    Withdrawn,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Republished, Self::Withdrawn];

    /// Its word in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Republished => "republished",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The column that a table of changes has beside the others.
pub const CHANGE: Column = text(
    "change",
    "変更の種類",
    "added (追加), changed (変更), republished (再公表: nothing but revision and published_at differs) or withdrawn (取下げ: it is \
     not published any more, and stands here as it was)",
);

/// The columns in which every row of a new revision differs.
const OF_REVISION: [&str; 2] = ["revision", "published_at"];

/// What tells an observation from all others of its strategy: see [`super::KEY`].
type Key = (IndicatorId, &'static str, String);

fn key(of: &Observation<'_>) -> Key {
    (of.indicator.id, of.measured.name(), of.period.clone())
}

/// A strategy's rows in one revision.
pub type Rows<'a> = (Published<'a>, Vec<Observation<'a>>);

/// What became of a strategy's rows: what there is now, in the order of the document, and then what is withdrawn. Rows of the old
/// table whose key is named are taken away, and those that are not withdrawn put there: that makes the new table.
pub fn changes<'a>(before: Option<Rows<'a>>, (now, observations): Rows<'a>) -> Vec<Row<'a>> {
    let (then, earlier) = before.unwrap_or((now, Vec::new()));
    let mut left: HashMap<Key, usize> = earlier.iter().enumerate().map(|(at, of)| (key(of), at)).collect();
    let mut rows = Vec::with_capacity(observations.len());
    for observation in observations {
        let change = match left.remove(&key(&observation)).and_then(|at| earlier.get(at)) {
            None => Change::Added,
            Some(earlier) if same(&earlier.fields(&then), &observation.fields(&now)) => Change::Republished,
            Some(_) => Change::Changed,
        };
        rows.push(Row { of: now, observation, change: Some(change) });
    }
    let withdrawn = earlier.into_iter().filter(|of| left.contains_key(&key(of)));
    rows.extend(withdrawn.map(|observation| Row { of: then, observation, change: Some(Change::Withdrawn) }));
    rows
}

/// Whether two rows say the same, in whatever revision.
fn same(one: &[Field<'_>; COLUMNS.len()], other: &[Field<'_>; COLUMNS.len()]) -> bool {
    let mut pairs = COLUMNS.iter().zip(one.iter().zip(other));
    pairs.all(|(column, (one, other))| one == other || OF_REVISION.contains(&column.name))
}
