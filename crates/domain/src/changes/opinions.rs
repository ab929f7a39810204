use super::{Change, ChangeKind, Part, Subject};
use crate::{lint, round::PublishedOpinion};

/// What differs in the opinions that are published with two revisions: each opinion that came or went, and each answer that
/// changed.
pub fn opinion_changes(old: &[PublishedOpinion], new: &[PublishedOpinion]) -> Vec<Change> {
    let same = |one: &PublishedOpinion, other: &PublishedOpinion| {
        (one.subject, one.year, &one.text) == (other.subject, other.year, &other.text)
    };
    let gone = old.iter().filter(|of| new.iter().all(|other| !same(of, other)));
    let gone = gone.map(|of| change(ChangeKind::Removed, of, Some(told(of)), None));
    let now = new.iter().filter_map(|of| match old.iter().find(|earlier| same(earlier, of)) {
        None => Some(change(ChangeKind::Added, of, None, Some(told(of)))),
        Some(earlier) if earlier.answer == of.answer => None,
        Some(earlier) => Some(change(ChangeKind::Changed, of, Some(told(earlier)), Some(told(of)))),
    });
    gone.chain(now).collect()
}

fn change(kind: ChangeKind, of: &PublishedOpinion, before: Option<String>, after: Option<String>) -> Change {
    let subject = match of.subject {
        lint::Subject::Node(id) => Subject::Node(id),
        lint::Subject::Indicator(id) => Subject::Indicator(id),
    };
    Change { kind, subject, part: Part::Opinion(of.year), before, after, before_status: None, after_status: None }
}

/// The opinion with its answer.
fn told(of: &PublishedOpinion) -> String {
    match &of.answer {
        Some(answer) => format!("{}\n{answer}", of.text),
        None => of.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{NodeId, calendar::FiscalYear};

    #[test]
    fn what_came_went_and_was_answered() {
        let opinion = |text: &str, answer: Option<&str>| PublishedOpinion {
            subject: lint::Subject::Node(NodeId::from_uuid(Uuid::nil())),
            year: FiscalYear::new(2021).unwrap(),
            text: text.to_owned(),
            answer: answer.map(str::to_owned),
        };
        let old = [opinion("一", None), opinion("二", Some("答")), opinion("三", None)];
        let new = [opinion("一", Some("答")), opinion("二", Some("答")), opinion("四", None)];
        let found = opinion_changes(&old, &new);
        let told: Vec<_> = found.iter().map(|of| (of.kind, of.before.as_deref(), of.after.as_deref())).collect();
        assert_eq!(
            told,
            [
                (ChangeKind::Removed, Some("三"), None),
                (ChangeKind::Changed, Some("一"), Some("一\n答")),
                (ChangeKind::Added, None, Some("四")),
            ]
        );
        assert!(opinion_changes(&new, &new).is_empty());
    }
}
