use rust_decimal::Decimal;

use super::{ENOUGH, Held, Method, OFF_TRACK, ON_TRACK, Outlook, Projection, RISK_PACE, Verdict};
use crate::{progress::Sense, quantity::print_number, text::Bilingual};

/// A number as it stands in an explanation: to four decimals at most.
fn shown(number: Decimal) -> String {
    print_number(number.round_dp(4).normalize())
}

/// A change, with its sign.
fn change(number: Decimal) -> String {
    if number > Decimal::ZERO { format!("+{}", shown(number)) } else { shown(number) }
}

impl Method {
    /// Its name.
    pub fn name(self) -> Bilingual {
        match self {
            Self::PlanLine => Bilingual::new("これまでのペース", "the pace so far"),
            Self::TheilSen => Bilingual::new("中央値の傾き（タイル・セン）", "the line of median slope (Theil–Sen)"),
            Self::LastValue => Bilingual::new("直近の値", "the latest value"),
            Self::Count => Bilingual::new("件数のばらつき", "counts about their mean"),
        }
    }
}

impl Verdict {
    /// What it says.
    pub fn text(self) -> Bilingual {
        match self {
            Self::Met => Bilingual::new("すでに達成しています。", "The target is met already."),
            Self::OnTrack => Bilingual::new("達成する見込みです。", "It is on track."),
            Self::AtRisk => Bilingual::new("達成できるかどうか分かりません。", "It is at risk."),
            Self::OffTrack => Bilingual::new("このままでは達成は難しい見込みです。", "It is off track."),
        }
    }
}

impl Outlook {
    /// How the verdict was found, step by step. The numbers are in the indicator's unit without its scale.
    pub fn steps(&self) -> Vec<Bilingual> {
        let best = self.recommended();
        let mut steps = vec![self.observed(), self.needed(), self.so_far()];
        steps.push(self.reason.text());
        steps.push(self.projected(best));
        steps.extend(self.judged(best));
        steps.push(self.verdict.text());
        steps.extend(self.cautions.iter().map(|caution| caution.text()));
        steps
    }

    /// Whether the target is a limit on a total or a mean.
    fn is_limit(&self) -> bool {
        self.held != Held::LastYear && self.sense == Sense::Lower
    }

    fn observed(&self) -> Bilingual {
        let count = self.observations.len();
        let years = |at: usize| self.observations.get(at).map_or(String::new(), |of| of.year.to_string());
        let (first, last) = (years(0), years(count.saturating_sub(1)));
        let current = shown(self.current);
        let (ja, en) = match self.held {
            Held::LastYear => ("現在", "now"),
            Held::Total => ("これまでの合計", "total so far"),
            Held::Mean => ("これまでの平均", "mean so far"),
        };
        Bilingual {
            ja: format!("観測値{count}時点（{first}～{last}年）、{ja} {current}"),
            en: format!("{count} observations ({first}–{last}), {en} {current}"),
        }
    }

    fn needed(&self) -> Bilingual {
        let (target, due) = (shown(self.target), self.due);
        let (ja, en) = match (self.held, self.sense) {
            _ if self.needed_pace.is_zero() && !self.is_limit() => {
                ("追加は不要".to_owned(), "nothing more is needed".to_owned())
            }
            (Held::Total | Held::Mean, Sense::Higher) => {
                let needed = shown(self.needed_pace);
                (format!("残りの各年度に {needed} が必要"), format!("each year that is left has to bring {needed}"))
            }
            (Held::Total | Held::Mean, Sense::Lower) => {
                let needed = shown(self.needed_pace);
                (format!("残りの各年度は {needed} まで"), format!("each year that is left may bring {needed}"))
            }
            (Held::LastYear, _) => {
                let needed = change(self.needed_pace);
                (format!("年 {needed} が必要"), format!("{needed} a year is needed"))
            }
        };
        Bilingual {
            ja: format!("目標値 {target}（{}）：{ja}", due.label()),
            en: format!("target {target} in FY{}: {en}", due.year()),
        }
    }

    fn so_far(&self) -> Bilingual {
        let pace = if self.held == Held::LastYear { change(self.pace) } else { shown(self.pace) };
        Bilingual {
            ja: format!("これまでのペースは年 {pace}"), en: format!("the pace so far is {pace} a year")
        }
    }

    fn projected(&self, best: &Projection) -> Bilingual {
        let Bilingual { ja, en } = best.method.name();
        let value = shown(best.value);
        let (more_ja, more_en) = match best.interval {
            Some((low, high)) => {
                let (low, high) = (shown(low), shown(high));
                (format!("（{low}～{high}）"), format!(" ({low} to {high})"))
            }
            None => (String::new(), String::new()),
        };
        Bilingual {
            ja: format!("{ja}による{}の見込み {value}{more_ja}", self.due.label()),
            en: format!("by {en}, FY{} comes to {value}{more_en}", self.due.year()),
        }
    }

    /// By what the verdict was given; nothing where the target is met.
    fn judged(&self, best: &Projection) -> Option<Bilingual> {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        match best.chance {
            Some(chance) => {
                let (chance, on, off) = (percent(chance), percent(ON_TRACK), percent(OFF_TRACK));
                Some(Bilingual {
                    ja: format!("達成の確率 {chance}％（{on}％以上は達成見込み、{off}％未満は困難）"),
                    en: format!(
                        "the chance to reach it is {chance} % ({on} % or more: on track; below {off} %: off track)"
                    ),
                })
            }
            None if self.verdict == Verdict::Met || self.observations.len() >= ENOUGH => None,
            None => {
                let share = percent(RISK_PACE);
                Some(Bilingual {
                    ja: format!("ペースで判定（目標に届けば達成見込み、必要なペースの{share}％に満たなければ困難）"),
                    en: format!(
                        "judged by the pace (reaching the target: on track; below {share} % of the needed pace: off track)"
                    ),
                })
            }
        }
    }
}
