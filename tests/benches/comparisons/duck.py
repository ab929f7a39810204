"""The questions in DuckDB: `duck.py FOLDER` reads the columns from there, then answers all questions for each line that it is
sent, with a line of JSON: the seconds that each took, with its results fetched. The first line has the results, too; the last
one, sent when nothing more comes, is the peak of its memory in kB."""

import json
import math
import resource
import sys
import time

import duckdb

db = duckdb.connect()
folder = sys.argv[1]
db.execute(f"CREATE TABLE official AS SELECT * FROM read_csv('{folder}/official.csv', types = {{'code': 'VARCHAR'}})")
db.execute(f"CREATE TABLE figures AS SELECT *, row_number() OVER () AS row FROM read_csv('{folder}/figures.csv')")
db.execute(f"CREATE TABLE kpis AS SELECT * FROM read_csv('{folder}/kpis.csv', types = {{'strategy': 'UUID', 'indicator': 'UUID'}})")
# The official values in long form, for what goes over years.
db.execute("""
    CREATE TABLE observations AS
    SELECT regexp_extract(name, '(.*)_', 1) AS series, regexp_extract(name, '_([0-9]+)$', 1)::INTEGER AS year, place, value
    FROM (UNPIVOT (SELECT place, COLUMNS('_[0-9]{4}$')::DOUBLE FROM official) ON COLUMNS(* EXCLUDE place) INTO NAME name VALUE value)
    ORDER BY series, year, place
""")
standard = {id: at for at, id in enumerate(open(f"{folder}/standard.txt").read().split())}

QUANTILES = "[0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95]"


def summary(value, weight):
    return f"""count({value}), sum({value}), avg({value}), sum({value} * {weight}) / sum({weight}) FILTER ({value} IS NOT NULL),
        stddev_pop({value}), min({value}), max({value}), quantile_cont({value}, {QUANTILES})"""


def standing(value):
    """Value, rank, percentile, z-score and quarter."""
    given = lambda of: f"CASE WHEN {value} IS NOT NULL THEN {of} END"
    equal = f"count(*) OVER (PARTITION BY {value})"
    percentile = f"(2 * rank() OVER (ORDER BY {value} NULLS LAST) + {equal} - 1) / 2 / count({value}) OVER () * 100"
    return f"""{value}, {given(f"rank() OVER (ORDER BY {value} DESC NULLS LAST)")}, {given(percentile)},
        ({value} - {value}_mean) / {value}_sd,
        1 + ({value} > {value}_q[1])::INT + ({value} > {value}_q[2])::INT + ({value} > {value}_q[3])::INT"""


SOURCE = "strategy::VARCHAR, indicator::VARCHAR, label"


def comparison(measured, source=False):
    """`measured` gives place, prefecture, value, base and before; and kpi, where the KPI of each row is to be named."""
    divided = f"v AS (SELECT *, value / nullif(base, 0) * 1000 AS per_base FROM ({measured}) WHERE value IS NOT NULL)"
    scale = lambda value: f"""avg({value}) AS {value}_mean, stddev_pop({value}) AS {value}_sd,
        quantile_cont({value}, [0.25, 0.5, 0.75]) AS {value}_q"""
    rows = f"""WITH {divided}, s AS (SELECT {scale('value')}, {scale('per_base')} FROM v)
        SELECT place, {standing('value')}, {standing('per_base')}, value - before,
            CASE WHEN before > 0 THEN (value - before) / before * 100 END {f', {SOURCE}' if source else ''}
        FROM v CROSS JOIN s {'JOIN kpis USING (kpi)' if source else ''} ORDER BY 3, 1"""
    groups = f"""WITH {divided} SELECT prefecture, {summary('value', 'base')} FROM v
        GROUP BY GROUPING SETS ((), (prefecture)) ORDER BY prefecture NULLS FIRST"""
    per_base = f"WITH {divided} SELECT NULL, {summary('per_base', 'base')} FROM v"
    return [rows, groups, per_base]


def kpis(id, year):
    return f"""SELECT place, value, kpi FROM figures WHERE standard = {standard[id]} AND year = {year} AND compared = 1
        QUALIFY row_number() OVER (PARTITION BY place ORDER BY strength, row) = 1"""


official = comparison("""SELECT place, prefecture, (in_migrants_jp_2023 - out_migrants_jp_2023)::DOUBLE AS value,
    pop_juki_jan1_2022 AS base, (in_migrants_jp_2022 - out_migrants_jp_2022)::DOUBLE AS before FROM official""")
events = comparison("""SELECT place, prefecture, births_2023::DOUBLE AS value, pop_juki_jan1_2022 AS base,
    births_2022::DOUBLE AS before FROM official""")
contracts = "vacant-house-bank-contracts"
reported = comparison(f"""SELECT place, prefecture, now.value, now.kpi, households_2020 AS base, earlier.value AS before
    FROM official JOIN ({kpis(contracts, 2023)}) now USING (place) LEFT JOIN ({kpis(contracts, 2022)}) earlier USING (place)""", source=True)

progressed = f"""p AS (SELECT * FROM figures WHERE standard = {standard['births']} AND year = 2023 AND strength < 3
    AND progressed = 1)"""
progress = [
    f"""WITH {progressed}, h AS (
            SELECT place, first_year, regr_slope(o.value, o.year) / abs(avg(o.value)) * 100 AS history
            FROM (SELECT DISTINCT place, first_year FROM p) JOIN observations o USING (place)
            WHERE series = 'births' AND o.year >= first_year - 10 AND o.year < first_year
            GROUP BY ALL HAVING count(*) >= 3),
        a AS (SELECT row, (2 * rank() OVER (ORDER BY ambition) + count(*) OVER (PARTITION BY ambition) - 1) / 2
            / count(*) OVER () * 100 AS percentile FROM p WHERE ambition IS NOT NULL)
        SELECT p.place, achievement, from_baseline, CASE WHEN met < 2 THEN met END, ambition,
            CASE WHEN ambition IS NOT NULL THEN history END, percentile, {SOURCE}
        FROM p LEFT JOIN h USING (place, first_year) LEFT JOIN a USING (row) JOIN kpis USING (kpi) ORDER BY row""",
    f"""WITH {progressed} SELECT count(*) FILTER (met = 1), {summary('achievement', 'NULL::DOUBLE')},
        {summary('from_baseline', 'NULL::DOUBLE')}, {summary('ambition', 'NULL::DOUBLE')} FROM p""",
]

LINE = "regr_slope(value, year), regr_intercept(value, year), regr_r2(value, year)"
births = "o AS (SELECT place, year, value FROM observations WHERE series = 'births')"
trends = [
    f"""WITH {births}, lines AS (SELECT place, count(*) AS n, {LINE}, arg_min(value, year) AS first, arg_max(value, year) AS last,
            max(year) - min(year) AS years FROM o GROUP BY place HAVING n >= 3),
        slopes AS (SELECT one.place, median((other.value - one.value) / (other.year - one.year)) AS slope,
            sum(sign(other.value - one.value)) AS s, count(*) FILTER (other.value <> one.value) AS untied, count(*) AS pairs
            FROM o one JOIN o other ON one.place = other.place AND one.year < other.year GROUP BY one.place)
        SELECT lines.*, slope, s, s / nullif(sqrt(pairs) * sqrt(untied), 0),
            CASE WHEN first > 0 AND last > 0 THEN (last / first) ** (1 / years) - 1 END
        FROM lines JOIN slopes USING (place) ORDER BY place""",
    f"""WITH {births}, whole AS (SELECT place FROM o GROUP BY place HAVING count(*) = (SELECT count(DISTINCT year) FROM o)),
        t AS (SELECT year, sum(value) AS value FROM o SEMI JOIN whole USING (place) GROUP BY year)
        SELECT {LINE} FROM t""",
]

near = """v AS (SELECT place, code, ln(pop_census_2020) AS a, births_2022 / pop_juki_jan1_2022 * 1000 AS b,
        employed_2020 / (pop_15_64_2020 + pop_65plus_2020) * 100 AS c FROM official WHERE isfinite(a + b + c)),
    s AS (SELECT avg(a) AS a_mean, stddev_pop(a) AS a_sd, avg(b) AS b_mean, stddev_pop(b) AS b_sd, avg(c) AS c_mean,
        stddev_pop(c) AS c_sd FROM v)"""
neighbours = [
    f"""WITH {near}, o AS (SELECT * FROM v WHERE code = '012262')
        SELECT v.place, sqrt(((v.a - o.a) / a_sd) ** 2 + ((v.b - o.b) / b_sd) ** 2 + ((v.c - o.c) / c_sd) ** 2) AS distance,
            v.a, v.b, v.c
        FROM v, s, o WHERE v.place <> o.place ORDER BY distance, v.place LIMIT 20""",
    f"WITH {near} SELECT * FROM s",
]

pairs = """v AS (SELECT place, births_2022 / pop_juki_jan1_2022 * 1000 AS x,
    (in_migrants_jp_2022 - out_migrants_jp_2022) / pop_juki_jan1_2022 * 1000 AS y FROM official WHERE isfinite(x + y))"""
correlation = [
    f"WITH {pairs} SELECT place, x, y FROM v ORDER BY place",
    f"""WITH {pairs}, r AS (SELECT x, y, rank() OVER (ORDER BY x) + (count(*) OVER (PARTITION BY x) - 1) / 2 AS rx,
            rank() OVER (ORDER BY y) + (count(*) OVER (PARTITION BY y) - 1) / 2 AS ry FROM v)
        SELECT corr(x, y), corr(rx, ry), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) FROM r""",
]

QUESTIONS = [official, events, reported, progress, trends, neighbours, correlation]


def ask(question):
    start = time.perf_counter()
    tables = [db.sql(sql).to_arrow_table() for sql in question]
    return time.perf_counter() - start, tables


def numbers(tables):
    """The tables as lists of rows, with lists within them spread; JSON knows nothing that is not finite."""
    parts = lambda row: (part for cell in row for part in (cell if isinstance(cell, list) else [cell]))
    told = lambda part: isinstance(part, str) or (part is not None and math.isfinite(part))
    spread = lambda row: [part if told(part) else None for part in parts(row)]
    return [[spread(row) for row in zip(*(column.to_pylist() for column in table.columns))] for table in tables]


for line in sys.stdin:
    taken = [ask(question) for question in QUESTIONS]
    answer = {"seconds": [seconds for seconds, _ in taken]}
    if line.strip() == "results":
        answer["results"] = [numbers(tables) for _, tables in taken]
    print(json.dumps(answer, default=float), flush=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
