"""Edits a workbook as somebody in an office does, with openpyxl: `edit_entry.py IN OUT EDITS`, where EDITS is a JSON list of
steps such as ["set", "J5", "150"], ["delete_row", 6], ["insert_column", 10], ["copy_row", 5, 9], ["merge", "L5:L6"]."""

import datetime
import json
import sys

from openpyxl import load_workbook

source, target, edits = sys.argv[1:]
book = load_workbook(source)
sheet = book["実績"]
for step, *rest in json.loads(edits):
    match step:
        case "set":
            sheet[rest[0]].value = rest[1]
        case "date":
            sheet[rest[0]].value = datetime.date(2021, 11, 12)
            sheet[rest[0]].number_format = "m/d"
        case "delete_row":
            sheet.delete_rows(rest[0])
        case "insert_column":
            sheet.insert_cols(rest[0])
        case "copy_row":
            for cell in sheet[rest[0]]:
                sheet.cell(rest[1], cell.column, cell.value)
        case "move_row":
            for cell in list(sheet[rest[0]]):
                sheet.cell(rest[1], cell.column, cell.value)
                cell.value = None
        case "merge":
            sheet.merge_cells(rest[0])
        case "rename":
            sheet.title = rest[0]
        case "remove_hidden":
            del book["_shirube"]
        case _:
            raise SystemExit(f"no such step: {step}")
book.save(target)
