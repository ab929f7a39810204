"""What comparisons over the shipped data must answer, worked out by pandas and scipy.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install pandas scipy zstandard
    /tmp/venv/bin/python tests/reference/comparison.py > tests/reference/comparison.json

The product's own answers are compared to the output number by number (`tests/product/comparisons.rs`).
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import cdist

DATA = Path(__file__).parents[2] / "crates/exchange/data"
SUNAGAWA = "012262"

places = pd.read_csv(DATA / "municipalities.csv", dtype=str).set_index("code").sort_index()
wide = pd.read_csv(DATA / "official-statistics.csv.zst", compression="zstd", dtype={"indicator": str, "year": int})
wide = wide.set_index(["indicator", "year"])


def series(name, year):
    return wide.loc[(name, year)].astype(float).reindex(places.index)


GROUPS = {
    "japan": places.index,
    "hokkaido": places.index[places.index.str.startswith("01")],
    "similar": places.index[places.similar_group == "都市Ⅰ－３"],
}
BASE = series("pop_juki_jan1", 2022)
INDICATORS = {
    ("births", 2023): (series("births", 2023), series("births", 2022), BASE),
    ("births", 2021): (series("births", 2021), series("births", 2020), series("pop_juki_jan1", 2021)),
    ("net-migration", 2024): (
        series("in_migrants_jp", 2024) - series("out_migrants_jp", 2024),
        series("in_migrants_jp", 2023) - series("out_migrants_jp", 2023),
        BASE,
    ),
    ("employment-rate", 2020): (
        series("employed", 2020) / (series("pop_15_64", 2020) + series("pop_65plus", 2020)).replace(0, np.nan) * 100,
        series("employed", 2015) / (series("pop_15_64", 2015) + series("pop_65plus", 2015)).replace(0, np.nan) * 100,
        None,
    ),
    ("population-change-rate", 2020): (
        # Where nobody lived in 2015 (evacuated), there is no rate.
        (series("pop_census", 2020) / series("pop_census", 2015).replace(0, np.nan) - 1) * 100,
        None,
        None,
    ),
}


def standing(values, code):
    values = values.dropna()
    if code not in values:
        return None
    return {
        "value": values[code],
        "rank": int(values.rank(ascending=False, method="min")[code]),
        "percentile": values.rank(pct=True)[code] * 100,
        "z_score": pd.Series(stats.zscore(values), index=values.index)[code],
    }


def summary(values, weights):
    known = values.dropna()
    weights = weights.reindex(known.index)
    return {
        "n": len(known),
        "mean": known.mean(),
        "weighted_mean": np.average(known, weights=weights),
        "sd": known.std(ddof=0),
        "quantiles": [float(np.quantile(known, p)) for p in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)],
        "histogram": [int(count) for count in np.histogram(known, bins=10)[0]],
    }


def rate_test(count, expected):
    """Two-sided exact: all counts that are at most as likely as the observed one."""
    observed = stats.poisson.pmf(count, expected)
    counts = np.arange(0, int(expected * 3 + 200))
    pmf = stats.poisson.pmf(counts, expected)
    return float(min(1.0, pmf[pmf <= observed * (1 + 1e-7)].sum()))


def comparisons():
    answers = []
    population = series("pop_census", 2020)
    for (indicator, year), (values, before, base) in INDICATORS.items():
        for name, codes in GROUPS.items():
            of = values.reindex(codes)
            answer = {
                "indicator": indicator,
                "year": year,
                "group": name,
                "members": len(codes),
                "standing": standing(of, SUNAGAWA),
                "summary": summary(of, (base if base is not None else population).reindex(codes)),
            }
            if before is not None:
                answer["change"] = of[SUNAGAWA] - before[SUNAGAWA]
            if base is not None:
                divided = of / base.reindex(codes) * 1000
                answer["per_base"] = standing(divided, SUNAGAWA)
                answer["per_base_summary"] = summary(divided, base.reindex(codes))
            if indicator == "births":
                expected = of.sum() / base.reindex(codes).sum() * base[SUNAGAWA]
                count = int(of[SUNAGAWA])
                low, high = stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2
                answer["chance"] = {
                    "expected": expected,
                    "p_value": rate_test(count, expected),
                    "low": low / base[SUNAGAWA] * 1000,
                    "high": high / base[SUNAGAWA] * 1000,
                }
            if indicator == "employment-rate":
                employed = series("employed", year)
                among = series("pop_15_64", year) + series("pop_65plus", year)
                known = of.dropna().index
                share = employed[known].sum() / among[known].sum()
                count, n = int(employed[SUNAGAWA]), int(among[SUNAGAWA])
                test = stats.binomtest(count, n, share)
                interval = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
                answer["chance"] = {
                    "expected": share * n,
                    "p_value": test.pvalue,
                    "low": interval.low * 100,
                    "high": interval.high * 100,
                }
            answers.append(answer)
    return answers


def trend(years, values):
    line = stats.linregress(years, values)
    t = stats.t.ppf(0.975, len(years) - 2)
    sen = stats.theilslopes(values, years, 0.95, method="separate")
    n = len(values)
    s = sum(np.sign(values[j] - values[i]) for i in range(n) for j in range(i + 1, n))
    ties = np.unique(values, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    z = 0.0 if s == 0 or variance == 0 else (s - np.sign(s)) / math.sqrt(variance)
    return {
        "slope": line.slope,
        "slope_low": line.slope - t * line.stderr,
        "slope_high": line.slope + t * line.stderr,
        "p_value": line.pvalue,
        "r_squared": line.rvalue**2,
        "theil_sen": sen[0],
        "theil_sen_intercept": sen[1],
        "theil_sen_low": sen[2],
        "theil_sen_high": sen[3],
        "s": int(s),
        "z": z,
        "mann_kendall_p": 2 * stats.norm.sf(abs(z)),
        "tau": stats.kendalltau(years, values).statistic,
        "growth": (values[-1] / values[0]) ** (1 / (years[-1] - years[0])) - 1 if min(values[0], values[-1]) > 0 else None,
    }


def trends():
    years = list(range(2016, 2024))
    births = pd.DataFrame({year: series("births", year) for year in years})
    # Every hundredth municipality, and the one in question.
    codes = sorted({SUNAGAWA, *births.index[::100]})
    return {
        "years": years,
        "rows": {code: trend(years, births.loc[code].to_numpy()) for code in codes},
        "group": trend(years, births.sum().to_numpy()),
    }


def neighbours():
    variables = pd.DataFrame(
        {
            "population": np.log(series("pop_census", 2020)),
            "aged": series("pop_65plus", 2020) / series("pop_census", 2020) * 1000,
            "tertiary": series("employed_tertiary", 2020) / series("employed", 2020) * 1000,
        }
    ).dropna()
    scaled = (variables - variables.mean()) / variables.std(ddof=0)
    weights = [2.0, 1.0, 0.5]
    distances = cdist(scaled.loc[[SUNAGAWA]], scaled, "euclidean", w=weights)[0]
    order = pd.Series(distances, index=scaled.index).drop(SUNAGAWA).sort_values(kind="stable")[:20]
    return {"codes": list(order.index), "distances": [float(of) for of in order]}


def correlation():
    x = series("births", 2022) / series("pop_juki_jan1", 2022) * 1000
    y = series("physicians", 2022) / series("pop_juki_jan1", 2022) * 1000
    both = pd.DataFrame({"x": x, "y": y}).dropna()
    pearson, spearman = stats.pearsonr(both.x, both.y), stats.spearmanr(both.x, both.y)
    interval = pearson.confidence_interval(0.95)
    line = stats.linregress(both.x, both.y)
    return {
        "n": len(both),
        "pearson": pearson.statistic,
        "pearson_low": interval.low,
        "pearson_high": interval.high,
        "spearman": spearman.statistic,
        "slope": line.slope,
        "intercept": line.intercept,
    }


def plain(of):
    if isinstance(of, dict):
        return {key: plain(value) for key, value in of.items()}
    if isinstance(of, list):
        return [plain(value) for value in of]
    if isinstance(of, (np.floating, float)):
        return float(of)
    return of.item() if isinstance(of, np.generic) else of


answers = {
    "comparisons": comparisons(),
    "trends": trends(),
    "neighbours": neighbours(),
    "correlation": correlation(),
}
print(json.dumps(plain(answers), indent=1, ensure_ascii=False))
