"""What numpy and scipy make of the cases by which the product's statistics are tested.

    pip install numpy scipy
    python tests/reference/statistics.py > tests/reference/statistics.json

The unit test of `crates/domain/src/statistics` reads the output and compares every number. Long series are made by a formula that
both sides know. Where numpy overflows, the value is computed in fractions or on scaled values instead.
"""

import json
import math
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy
import scipy
from scipy import special, stats

getcontext().prec = 60


def formula(n, seed, span, divisor):
    """Whole numbers from −span to span by a linear congruential generator, divided."""
    values = []
    state = seed
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2147483648
        values.append((state // 65536 % (2 * span + 1) - span) / divisor)
    return values


def of_formula(n, seed, span, divisor):
    made = {"formula": {"n": n, "seed": seed, "span": span, "divisor": divisor}}
    return made, formula(n, seed, span, divisor)


def given(*values):
    return {"values": list(values)}, list(values)


SERIES = {
    "one": given(5.5),
    "two": given(3.0, 8.0),
    "three": given(1.0, 4.0, 2.0),
    "rising": given(1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    "ties": given(3.0, 1.0, 3.0, 2.0, 2.0, 3.0, 7.0),
    "negative": given(-10.3, -8.2, -12.9, -11.4, -15.0, -13.1),
    "mixed": given(-3.5, 0.0, 2.25, -1.0, 8.0),
    "constant": given(0.1, 0.1, 0.1, 0.1),
    "zeros": given(0.0, 0.0, 0.0),
    "step": given(10.0, 11.0, 9.0, 10.0, 20.0, 21.0, 19.5, 20.5),
    "far": given(1e15, 1e15 + 1, 1e15 + 2, 1e15 + 4),
    "cancelling": given(1e16, 1.0, -1e16, 1.0),
    "huge": given(1e300, -3e300, 2e300, 5e299),
    "overflowing_sum": given(1.5e308, 1.2e308, 1e308),
    "tiny": given(1e-300, 3e-300, 2e-300, 7e-300),
    "wide": given(1e-300, 1.0, 1e300),
    "births": given(112.0, 96.0, 101.0, 88.0, 90.0, 77.0, 79.0, 71.0, 66.0, 70.0),
    "population": given(17589.0, 17286.0, 16967.0, 16693.0, 16311.0, 15996.0),
    "tied_long": of_formula(200, 11, 5, 1),
    "municipalities": of_formula(1741, 7, 10000, 100),
    "municipalities_too": of_formula(1741, 23, 3000, 10),
}

QUANTILES = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]
EXTREME = 1e250


def values(name):
    return SERIES[name][1]


def scale_of(*lists):
    """By what values are divided before numpy squares them: a power of two, so that nothing is lost."""
    most = max(abs(v) for one in lists for v in one)
    return 2.0 ** math.floor(math.log2(most)) if most > EXTREME or 0 < most < 1 / EXTREME else 1.0


def root(fraction):
    value = (Decimal(fraction.numerator) / Decimal(fraction.denominator)).sqrt()
    return float(value)


def summary(name):
    v = values(name)
    exact = [Fraction(x) for x in v]
    mean = sum(exact) / len(exact)
    squares = sum((x - mean) ** 2 for x in exact)
    s = sorted(v)
    out = {
        "series": name,
        "n": len(v),
        "mean": float(mean),
        "sd": root(squares / (len(v) - 1)) if len(v) > 1 else None,
        "min": min(v),
        "max": max(v),
        "quantiles": [float(q) for q in numpy.quantile(s, QUANTILES)],
    }
    if name not in ("cancelling", "huge", "overflowing_sum", "tiny", "wide", "far"):
        assert math.isclose(out["mean"], numpy.mean(v), rel_tol=1e-12, abs_tol=1e-12)
        if len(v) > 1:
            assert math.isclose(out["sd"], numpy.std(v, ddof=1), rel_tol=1e-12, abs_tol=1e-12)
    if min(v) < max(v):
        out["histograms"] = []
        for bins in (1, 4, 7):
            counts, edges = numpy.histogram(v, bins=bins)
            out["histograms"].append({"counts": [int(c) for c in counts], "edges": [float(e) for e in edges]})
    return out


def weighted(name, weights):
    v, w = [Fraction(x) for x in values(name)], [Fraction(x) for x in weights]
    mean = float(sum(a * b for a, b in zip(v, w)) / sum(w))
    return {"series": name, "weights": weights, "mean": mean}


def sums(ranks):
    """A list, or for a long one its sum weighted by place."""
    ranks = [float(r) for r in ranks]
    return ranks if len(ranks) <= 20 else sum((i + 1) * r for i, r in enumerate(ranks))


def rank(name):
    v = numpy.array(values(name))
    probes = [float(v[0]), float(v.min()), float(v.max()), float(v.mean())]
    return {
        "series": name,
        "descending": sums(stats.rankdata(-v, method="min")),
        "ascending": sums(stats.rankdata(v, method="min")),
        "mean": sums(stats.rankdata(v, method="average")),
        "percentiles": [[p, float(stats.percentileofscore(v, p, kind="mean"))] for p in probes],
    }


def trend(name, start, confidence):
    v = values(name)
    n = len(v)
    x = [start + i for i in range(n)]
    scale = scale_of(v)
    y = [value / scale for value in v]
    fit = stats.linregress(x, y)
    out = {"series": name, "start": start, "confidence": confidence}
    varies = min(y) < max(y)
    line = {"slope": fit.slope * scale, "intercept": fit.intercept * scale, "r_squared": None, "p_value": None}
    line["slope_interval"] = line["residual_sd"] = None
    if varies:
        line["r_squared"] = fit.rvalue**2
    if n > 2:
        t = stats.t.ppf(1 - (1 - confidence) / 2, n - 2)
        half = t * fit.stderr if varies else 0.0
        line["slope_interval"] = [(fit.slope - half) * scale, (fit.slope + half) * scale]
        rest = numpy.array(y) - fit.intercept - fit.slope * numpy.array(x)
        line["residual_sd"] = float(numpy.sqrt((rest**2).sum() / (n - 2))) * scale
        if varies:
            line["p_value"] = fit.pvalue
    out["ols"] = line
    if n <= 200:
        ts = stats.theilslopes(y, x, alpha=confidence, method="separate")
        out["theil_sen"] = {
            "slope": ts.slope * scale,
            "intercept": ts.intercept * scale,
            "interval": None if math.isnan(ts.low_slope) else [ts.low_slope * scale, ts.high_slope * scale],
        }
    out["mann_kendall"] = mann_kendall(y)
    out["level_change"] = level_change(v)
    return out


def mann_kendall(y):
    n = len(y)
    y = numpy.array(y)
    s = int(sum(numpy.sign(y[i + 1 :] - y[i]).sum() for i in range(n)))
    _, sizes = numpy.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - sum(int(t) * (int(t) - 1) * (2 * int(t) + 5) for t in sizes)) / 18
    z = (s - numpy.sign(s)) / math.sqrt(variance) if variance > 0 else 0.0
    tau = stats.kendalltau(range(n), y).statistic
    return {
        "s": s,
        "variance": variance,
        "z": float(z),
        "p_value": float(2 * stats.norm.sf(abs(z))),
        "tau": None if math.isnan(tau) else float(tau),
    }


def level_change(v):
    n = len(v)
    a = numpy.array(v)
    u = [int(numpy.sign(a[t:, None] - a[None, :t]).sum()) for t in range(1, n)]
    most = max((abs(k) for k in u), default=0)
    if most == 0:
        return None
    at = 1 + [abs(k) for k in u].index(most)
    mean = lambda part: float(sum(Fraction(x) for x in part) / len(part))
    p = min(1.0, 2 * math.exp(-6 * most**2 / (n**3 + n**2)))
    return {"at": at, "before": mean(v[:at]), "after": mean(v[at:]), "p_value": p}


def correlation(a, b, confidence):
    x, y = numpy.array(values(a)), numpy.array(values(b))
    x, y = x / scale_of(x), y / scale_of(y)
    n = len(x)
    p = stats.pearsonr(x, y)
    s = stats.spearmanr(x, y)
    interval = p.confidence_interval(confidence) if n > 3 else None
    out = {"x": a, "y": b, "confidence": confidence}
    z = stats.norm.ppf(1 - (1 - confidence) / 2)
    out["pearson"] = {
        "r": float(p.statistic),
        "p_value": float(p.pvalue) if n > 2 else None,
        "interval": [float(interval.low), float(interval.high)] if interval else None,
    }
    r = float(s.statistic)
    half = z * math.sqrt((1 + r * r / 2) / (n - 3)) if n > 3 else None
    out["spearman"] = {
        "r": r,
        "p_value": float(s.pvalue) if n > 2 else None,
        "interval": [math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)] if n > 3 and abs(r) < 1 else None,
    }
    return out


def poisson(count, confidence):
    half = (1 - confidence) / 2
    low = stats.chi2.ppf(half, 2 * count) / 2 if count else 0.0
    return {"count": count, "confidence": confidence, "interval": [float(low), float(stats.chi2.isf(half, 2 * count + 2) / 2)]}


def wilson(successes, n, confidence):
    ci = stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return {"successes": successes, "n": n, "confidence": confidence, "interval": [float(ci.low), float(ci.high)]}


def poisson_differs(count, expected):
    """R's poisson.test: all counts that are no more probable."""
    dist = stats.poisson(expected)
    if count == expected:
        p = 1.0
    else:
        limit = dist.pmf(count) * (1 + 1e-7)
        top = math.ceil(max(count, expected) + 60 * math.sqrt(max(count, expected, 1)) + 60)
        span = numpy.arange(0, top)
        if count < expected:
            above = span[(span > expected) & (dist.pmf(span) <= limit)]
            p = dist.cdf(count) + dist.sf(above[0] - 1)
        else:
            below = span[(span < expected) & (dist.pmf(span) <= limit)]
            p = dist.sf(count - 1) + (dist.cdf(below[-1]) if len(below) else 0.0)
    return {"count": count, "expected": expected, "p_value": float(min(1.0, p))}


def proportion_differs(successes, n, p0):
    return {"successes": successes, "n": n, "p0": p0, "p_value": float(stats.binomtest(successes, n, p0).pvalue)}


def tails():
    out = []
    for z in (-3.0, 0.0, 0.5, 1.96, 5.0, 20.0):
        out.append(["normal_above", [z], float(stats.norm.sf(z))])
    for chance in (1e-100, 1e-12, 0.001, 0.025, 0.05, 0.2, 0.4, 0.5):
        out.append(["normal_tail", [chance], float(stats.norm.isf(chance))])
        for freedom in (1, 2, 3, 7, 30, 1739, 100000):
            if chance > 1e-20 and chance < 0.5:
                out.append(["student_tail", [chance, freedom], float(stats.t.isf(chance, freedom))])
    for freedom in (1, 2, 5, 40, 1739):
        for t in (-2.0, 0.0, 0.3, 2.0, 12.0, 1e6):
            out.append(["student_above", [t, freedom], float(stats.t.sf(t, freedom))])
    for mean in (0.01, 0.7, 4.0, 29.5, 300.0, 1e5, 1.2e7):
        for share in (0.7, 0.97, 1.0, 1.03, 1.4):
            count = max(1, round(mean * share))
            chance = float(special.gammainc(count, mean))
            if chance > 1e-200:
                out.append(["poisson_at_least", [count, mean], chance])
    for mean, variance in ((0.5, 0.8), (4.0, 9.0), (12.0, 14.0), (80.0, 400.0)):
        size = mean**2 / (variance - mean)
        for count in (1, 3, 12, 70, 150):
            chance = float(stats.nbinom.sf(count - 1, size, mean / variance))
            out.append(["negative_binomial_at_least", [count, mean, variance], chance])
    return out


def write(cases):
    """As JSON, a case a line."""
    text = lambda value: json.dumps(value, allow_nan=False)
    lists = []
    for name, found in cases.items():
        rows = ",\n".join(f"{text(k)}: {text(v)}" for k, v in found.items()) if isinstance(found, dict) else ",\n".join(map(text, found))
        brackets = "{}" if isinstance(found, dict) else "[]"
        lists.append(f"{text(name)}: {brackets[0]}\n{rows}\n{brackets[1]}")
    sys.stdout.write("{\n" + ",\n".join(lists) + "\n}\n")


def main():
    names = list(SERIES)
    trends = [n for n in names if len(values(n)) > 1 and n not in ("far", "cancelling", "overflowing_sum", "wide", "municipalities_too")]
    growth = [(100.0, 110.0, 1.0), (17589.0, 15996.0, 5.0), (1e-300, 1e300, 3.0), (5.0, 5.0, 2.0), (1e15, 1e15 + 1, 4.0)]
    write(
        {
            "made_with": {"numpy": numpy.__version__, "scipy": scipy.__version__},
            "series": {name: how for name, (how, _) in SERIES.items()},
            "quantile_places": QUANTILES,
            "summary": [summary(name) for name in names],
            "weighted_mean": [
                weighted("ties", [1.0, 2.0, 0.0, 4.0, 0.5, 1.0, 3.0]),
                weighted("huge", [1.0, 2.0, 3.0, 4.0]),
                weighted("tiny", [1e-300, 2e-300, 0.0, 1e-300]),
                weighted("overflowing_sum", [1e300, 1e308, 1e308]),
                weighted("population", [17589.0, 17286.0, 16967.0, 16693.0, 16311.0, 15996.0]),
            ],
            "rank": [rank(name) for name in names if name not in ("huge", "overflowing_sum")],
            "trend": [trend(name, start, confidence) for name in trends for start, confidence in ((0, 0.95), (2019, 0.8))],
            "growth": [
                {"first": a, "last": b, "periods": p, "growth": float(math.expm1((math.log1p((b - a) / a) if abs(b - a) < a / 2 else math.log(b) - math.log(a)) / p))}
                for a, b, p in growth
            ],
            "correlation": [
                correlation(a, b, confidence)
                for a, b in (
                    ("rising", "negative"),
                    ("rising", "population"),
                    ("negative", "population"),
                    ("huge", "tiny"),
                    ("two", "two"),
                    ("municipalities", "municipalities_too"),
                )
                for confidence in (0.95, 0.8)
            ],
            "poisson": [poisson(c, k) for c in (0, 1, 3, 10, 29, 150, 1741, 50000, 12000000) for k in (0.8, 0.95, 0.999)],
            "wilson": [wilson(s, n, k) for s, n in ((0, 5), (1, 2), (5, 5), (37, 120), (1741, 1741), (812345, 2000000)) for k in (0.8, 0.95)],
            "poisson_rate_differs": [
                poisson_differs(c, e)
                for c, e in ((0, 0.3), (0, 4.0), (1, 1.0), (2, 9.5), (14, 6.2), (30, 29.5), (3, 3.3), (100, 140.0), (1500, 1400.5), (98765, 99000.0), (1000300, 1000000.0))
            ],
            "proportion_differs": [
                proportion_differs(s, n, p)
                for s, n, p in ((0, 10, 0.2), (3, 10, 0.5), (10, 10, 0.5), (7, 20, 0.35), (61, 150, 0.3), (812, 1741, 0.45), (51234, 100000, 0.51), (3, 5000, 0.0001))
            ],
            "tails": tails(),
        }
    )


main()
