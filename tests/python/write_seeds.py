"""Writes what the fuzzers begin with: the tables of the sample strategies, whole and in the parts that a target makes up.

write_seeds.py STRATEGY.json… FOLDER (a folder for each target is made in it)
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile


def one_line(part):
    return part.replace(b"\n", b" ")


def main():
    *strategies, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    writer = pathlib.Path(__file__).with_name("write_foreign.py")
    for target in ("file", "table", "ods", "xls", "xlsx", "sample"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for strategy in map(pathlib.Path, strategies):
        text = strategy.read_text(encoding="utf-8")
        (folder / "sample" / strategy.name).write_text(text, encoding="utf-8")
        # What is short is mutated to more purpose: a plan of the first goal alone.
        short = json.loads(text)
        short["plan"] = short["plan"][:1]
        for size, document in (("long", json.loads(text)), ("short", short)):
            name = f"{strategy.stem}-{size}"
            with tempfile.TemporaryDirectory() as work:
                source = pathlib.Path(work) / "strategy.json"
                source.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
                for kind in ("xlsx", "xls", "ods", "csv"):
                    made = pathlib.Path(work) / f"table.{kind}"
                    subprocess.run([sys.executable, str(writer), str(source), str(made)], check=True)
                    (folder / "file" / f"{name}.{kind}").write_bytes(made.read_bytes())
                    if kind == "csv":
                        (folder / "table" / name).write_text(made.read_bytes().decode("cp932"), encoding="utf-8")
                    elif kind == "ods":
                        (folder / "ods" / name).write_bytes(zipfile.ZipFile(made).read("content.xml"))
                    elif kind == "xls":
                        import xlrd.compdoc

                        stream = xlrd.compdoc.CompDoc(made.read_bytes()).get_named_stream("Workbook")
                        (folder / "xls" / name).write_bytes(stream)
                    else:
                        parts = zipfile.ZipFile(made)
                        names = ("worksheets/sheet1.xml", "sharedStrings.xml", "styles.xml")
                        held = parts.namelist()
                        pieces = [one_line(parts.read(f"xl/{part}")) if f"xl/{part}" in held else b"" for part in names]
                        (folder / "xlsx" / name).write_bytes(b"\n".join(pieces))


main()
