//! The questions answered by hand: loops over plain vectors on one thread, with nothing between the columns and the numbers.
//! It is written for these questions alone and knows which columns they need; it checks nothing and explains nothing.

mod compare;
mod statistics;
mod together;

use crate::{
    columns::{Columns, Kpi},
    questions::{Asked, Flat},
};

/// Rows of so many numbers, the numbers of the group, and the KPI of each row where there is one.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    pub(crate) rows: Vec<[f64; N]>,
    pub(crate) summary: Vec<f64>,
    pub(crate) sources: Vec<Kpi>,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum ByHand {
    Comparison(Table<18>),
    Progress(Table<7>),
    Trends(Table<20>),
    Neighbours(Table<5>),
    Correlation(Table<3>),
}

/// Answers one of the questions.
pub(crate) fn answer(columns: &Columns, asked: Asked) -> ByHand {
    match asked {
        Asked::Official => ByHand::Comparison(compare::official(columns)),
        Asked::Events => ByHand::Comparison(compare::events(columns)),
        Asked::Reported => ByHand::Comparison(compare::reported(columns)),
        Asked::Progress => ByHand::Progress(compare::progress(columns)),
        Asked::Trends => ByHand::Trends(together::trends(columns)),
        Asked::Neighbours => ByHand::Neighbours(together::neighbours(columns)),
        Asked::Correlation => ByHand::Correlation(together::correlation(columns)),
    }
}

impl ByHand {
    /// Its numbers.
    pub(crate) fn flat(&self) -> Flat {
        match self {
            Self::Comparison(of) => of.flat(),
            Self::Progress(of) => of.flat(),
            Self::Trends(of) => of.flat(),
            Self::Neighbours(of) => of.flat(),
            Self::Correlation(of) => of.flat(),
        }
    }
}

impl<const N: usize> Table<N> {
    fn flat(&self) -> Flat {
        let sources = self.sources.iter().map(|of| (of.strategy, of.indicator, of.label.clone())).collect();
        Flat { rows: self.rows.iter().map(|row| row.to_vec()).collect(), summary: self.summary.clone(), sources }
    }
}
