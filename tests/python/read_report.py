"""Reads the workbook of a report as openpyxl sees it, and prints its cells as JSON: for each row, its texts as a person would
see them, with what is merged repeated nowhere."""

import json
import re
import sys

from openpyxl import load_workbook


def shown(cell):
    """The text of a cell: a number in the format that the cell asks for."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    positive, _, negative = cell.number_format.partition(";")
    pattern = negative if value < 0 and negative else positive
    sign, digits = re.fullmatch(r'(?:"(.)")?([#,0.]+)', pattern).groups()
    places = len(digits.partition(".")[2])
    grouping = "," if "," in digits else ""
    return (sign or "") + format(abs(value), f"{grouping}.{places}f")


book = load_workbook(sys.argv[1])
sheet = book["集計表"]
print(
    json.dumps(
        {
            "rows": [[shown(cell) for cell in row] for row in sheet.iter_rows()],
            "merged": sorted(str(area) for area in sheet.merged_cells.ranges),
            "repeated": sheet.print_title_rows,
            "landscape": sheet.page_setup.orientation,
            "paper": sheet.page_setup.paperSize,
            "breaks": [mark.id for mark in sheet.row_breaks.brk],
            "heights": [sheet.row_dimensions[at + 1].height for at in range(sheet.max_row)],
            "numbers": sum(isinstance(cell.value, (int, float)) for row in sheet.iter_rows() for cell in row),
        },
        ensure_ascii=False,
    )
)
