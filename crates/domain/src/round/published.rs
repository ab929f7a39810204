use crate::{
    calendar::FiscalYear,
    lint::Subject,
    strategy::{Cell, Content, Figures, Remark, Strategy, StrategyError, YearFigures},
};

/// A strategy as it may be published while some of what it says of years is not approved: in the place of that stands what
/// was published last, or nothing.
pub fn without(
    strategy: Strategy,
    unapproved: impl Fn(Subject, FiscalYear) -> bool,
    last: Option<&Strategy>,
) -> Result<Strategy, StrategyError> {
    let mut parts = strategy.into_parts();
    for node in &mut parts.nodes {
        let subject = Subject::Node(node.id);
        let before = last.and_then(|last| Some(&last.nodes()[last.node_at(node.id)?].remarks));
        remarks(&mut node.remarks, before, |year| unapproved(subject, year));
    }
    for indicator in &mut parts.indicators {
        let subject = Subject::Indicator(indicator.id);
        let hidden = |year| unapproved(subject, year);
        let before = last.and_then(|last| Some(&last.indicators()[last.indicator_at(indicator.id)?]));
        remarks(&mut indicator.remarks, before.map(|of| &of.remarks), hidden);
        let total = indicator.figures.printed_total().cloned();
        let years = indicator.figures.years().iter().map(|figures| {
            if !hidden(figures.year) {
                return figures.clone();
            }
            let earlier = before.and_then(|of| of.figures.year(figures.year));
            let actual = match (earlier, figures.actual.content()) {
                (Some(earlier), _) => earlier.actual.clone(),
                // That there is no value is no secret.
                (None, Content::Absent(_)) => figures.actual.clone(),
                (None, _) => Cell::read(""),
            };
            // What is made of a figure would tell it.
            let published = earlier.and_then(|of| of.published.clone());
            YearFigures { actual, published, ..figures.clone() }
        });
        indicator.figures = Figures::new(years.collect(), total).expect("the years are those that were there");
    }
    Strategy::new(parts)
}

/// Puts what was published last in the place of what is hidden.
fn remarks(of: &mut Vec<Remark>, before: Option<&Vec<Remark>>, hidden: impl Fn(FiscalYear) -> bool) {
    of.retain(|remark| !hidden(remark.year));
    of.extend(before.into_iter().flatten().filter(|remark| hidden(remark.year)).cloned());
    of.sort_by_key(|remark| remark.year);
}
