"""Fails when FILE is no CSV of equally long rows with a header (RFC 4180). Usage: check_csv.py FILE."""

import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = list(csv.reader(file, strict=True))
assert len(rows) > 1, "no rows"
assert all(rows[0]) and len(set(rows[0])) == len(rows[0]), f"header {rows[0]}"
for number, row in enumerate(rows):
    assert len(row) == len(rows[0]), f"row {number + 1} has {len(row)} cells"
