use std::collections::BTreeSet;

use super::{Caution, ENOUGH, OFF_TRACK, ON_TRACK, Projection, RISK_PACE, Verdict, methods::Frame};
use crate::progress::Sense;

/// The verdict by a projection: by its chance where it has one, otherwise by the pace.
pub(super) fn verdict(frame: &Frame, by: &Projection, met: bool, cautions: &mut BTreeSet<Caution>) -> Verdict {
    if frame.is_overdispersed() {
        cautions.insert(Caution::Overdispersed);
    }
    if met && frame.only_rises {
        return Verdict::Met;
    }
    // With few observations a line from two figures on is held against the target, whatever is recommended.
    let few = frame.points.len() < ENOUGH;
    let reaches = if few { frame.pace_reaches() } else { by.reaches };
    if by.chance.is_none() && !few {
        cautions.insert(Caution::NeverVaried);
    }
    let verdict = match by.chance {
        Some(chance) if chance >= ON_TRACK => Verdict::OnTrack,
        Some(chance) if chance < OFF_TRACK => Verdict::OffTrack,
        Some(_) => Verdict::AtRisk,
        None if reaches => Verdict::OnTrack,
        None if met || keeps_up(frame) => Verdict::AtRisk,
        None => Verdict::OffTrack,
    };
    match verdict {
        Verdict::OnTrack if met && !frame.is_total() => Verdict::Met,
        Verdict::AtRisk | Verdict::OffTrack if met && !frame.is_total() => {
            cautions.insert(Caution::MayBeLost);
            verdict
        }
        verdict => verdict,
    }
}

/// Whether the pace so far is a good share of the needed one.
fn keeps_up(frame: &Frame) -> bool {
    match frame.sense {
        Sense::Higher => frame.pace > 0.0 && frame.pace >= RISK_PACE * frame.needed,
        // What adds up to a limit may bring less than it did; a level has to fall.
        Sense::Lower if frame.is_total() => frame.needed > 0.0 && frame.pace * RISK_PACE <= frame.needed,
        Sense::Lower => frame.pace < 0.0 && frame.pace <= RISK_PACE * frame.needed,
    }
}

/// Notes where the methods do not agree on whether the target will be met.
pub(super) fn compare(projections: &[Projection], cautions: &mut BTreeSet<Caution>) {
    if projections.iter().any(|of| of.reaches) && projections.iter().any(|of| !of.reaches) {
        cautions.insert(Caution::MethodsDisagree);
    }
}
