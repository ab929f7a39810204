"""Writes the table of a strategy as a municipality would: as a workbook or CSV, in one of two real layouts.

write_foreign.py STRATEGY.json TABLE.xlsx|xls|ods|csv

STRATEGY.json is in the sample format. With targets of years each indicator takes a pair of rows below numbered headings (砂川市);
without, one row with its names, unit and way (海士町). A CSV is what Excel writes in a Japanese office: CP932.
"""

import csv
import json
import sys


def years_of(strategy):
    first = strategy["first_year"]
    start = 2018 + int(first[1:]) if first.startswith("R") else int(first)
    cells = next(of["actuals"] for of in indicators(strategy["plan"]))
    return [start + at for at in range(len(cells))]


def indicators(nodes):
    for node in nodes:
        yield from node.get("indicators", [])
        yield from indicators(node.get("children", []))


def pairs(strategy):
    """Rows, and the cells that are one: first row and column, last row and column."""
    report, rows, merged = strategy["report"], [], []
    years = [f"{year - 2018}年度" for year in years_of(strategy)]
    rows.append([strategy["report"]["title"], "", "", "", *[""] * len(years), "", report["label"]])
    rows.append([])

    def pair(first, targets, actuals, totals, remark):
        at = len(rows)
        rows.append([*first, "目標値", *targets, totals[0], remark])
        rows.append(["", "", "", "実績値", *actuals, totals[1], ""])
        merged.append((at, 1, at + 1, 2))
        merged.append((at, len(rows[at]) - 1, at + 1, len(rows[at]) - 1))

    def figures(of):
        numbers = [[float(cell.replace(",", "")) for cell in of[row] if number(cell)] for row in ("targets", "actuals")]
        total = of.get("total")
        if total is None:
            whole = of.get("accumulation") == "yearly_amount" and "5年間" in of.get("target", "")
            total = [f"{sum(row):g}" for row in numbers] if whole else ["―", "―"]
        remark = "".join(of.get("remarks", {}).values())
        return of["targets"], of["actuals"], total, remark

    def statement(of):
        if "target" in of:
            return f"{of['label']}／{of['baseline']}→{of['target']}"
        return f"{of['label']}\n{of['reason']}"

    def below(node):
        for child in node.get("children", []):
            if "number" in child:
                rows.append([f"{child['number']} {child['title']}"])
                merged.append((len(rows) - 1, 0, len(rows) - 1, len(years) + 5))
                below(child)
                continue
            first = len(rows)
            for at, of in enumerate(child.get("indicators", [])):
                pair([child["title"] if at == 0 else "", statement(of), ""], *figures(of))
            if "no_indicator" in child:
                mark, remark = child["no_indicator"]["mark"], "".join(child.get("remarks", {}).values())
                cells = [mark] * len(years)
                pair([child["title"], child["no_indicator"]["reason"], ""], cells, cells, [mark, mark], remark)
            merged.append((first, 0, len(rows) - 1, 0))

    for goal in strategy["plan"]:
        rows.append([f"基本目標{goal['number']}　{goal['title']}"])
        rows.append(["数値目標", "基準値", "目標値", "", *years, report["total_heading"], report["goal_remark_heading"]])
        for of in goal["indicators"]:
            targets, actuals, totals, remark = figures(of)
            at = len(rows)
            rows.append([of["label"], of["baseline"], of["target"], "目標値", *targets, totals[0], remark])
            rows.append(["", "", "", "実績値", *actuals, totals[1], ""])
            merged.extend((at, column, at + 1, column) for column in range(3))
        rows.append([])
        rows.append(["施策名・事業名", "ＫＰＩ", "", "区分", *years, report["total_heading"], report["remark_heading"]])
        merged.append((len(rows) - 1, 1, len(rows) - 1, 2))
        below(goal)
        rows.append([*[""] * 10, "小計（事業数：９、ＫＰＩ数：８）"])
        rows.append([])
    return rows, merged


def number(cell):
    return cell and cell.replace(",", "").replace(".", "").isdigit()


def lines(strategy):
    rows = [[f"海士町　{strategy['report']['title']}"]]
    rows.append(["基本目標", "政策", "KPI", "単位", "方向", "現状値", "目標", *[f"{year}年度" for year in years_of(strategy)]])
    for goal in strategy["plan"]:
        for policy in goal["children"]:
            for of in policy["indicators"]:
                names = [f"{node['number']}{node['title']}" for node in (goal, policy)]
                way = {"higher": "up", "lower": "down"}[of["direction"]]
                cells = [*names, of["label"], of["unit"], way, of["baseline"], of["target"]]
                rows.append(cells + [cell or "" for cell in of["actuals"]])
    return rows, []


def write_xlsx(rows, merged, target):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "集計表"
    for row in rows:
        sheet.append([cell or None for cell in row])
    for top, left, bottom, right in merged:
        if (top, left) != (bottom, right):
            sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    book.save(target)


def write_xls(rows, merged, target):
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("集計表")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell:
                sheet.write(at, column, cell)
    sheet.merged_ranges.extend((top, bottom, left, right) for top, left, bottom, right in merged)
    book.save(target)


def write_ods(rows, merged, target):
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableRow
    from odf.text import P

    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged}
    covered = {
        (row, column)
        for top, left, bottom, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    } - set(spans)
    book = OpenDocumentSpreadsheet()
    table = Table(name="集計表")
    for at, row in enumerate(rows):
        line = TableRow()
        for column, cell in enumerate(row):
            if (at, column) in covered:
                line.addElement(CoveredTableCell())
                continue
            down, across = spans.get((at, column), (1, 1))
            element = TableCell(numberrowsspanned=down, numbercolumnsspanned=across)
            for text in cell.split("\n") if cell else []:
                element.addElement(P(text=text))
            line.addElement(element)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(target)


def write_csv(rows, _merged, target):
    with open(target, "w", encoding="cp932", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        strategy = json.load(file)
    with_targets = any("targets" in of for of in indicators(strategy["plan"]))
    rows, merged = pairs(strategy) if with_targets else lines(strategy)
    writers = {"xlsx": write_xlsx, "xls": write_xls, "ods": write_ods, "csv": write_csv}
    writers[target.rsplit(".", 1)[1]](rows, merged, target)


main()
