"""Compares calc with a table of expected values. Usage: check_calc.py TABLE SOURCE_DIR BUSYHOUR.

A key may be a path such as forecast.4.value. A calculator that the program does not have yet is
named, not passed over in silence.
"""

import csv
import json
import re
import subprocess
import sys

table, source, program = sys.argv[1:4]
failures = []
missing = {}
with open(f"{source}/docs/references.md", encoding="utf-8") as file:
    tags = set(re.findall(r"^- `([^`]+)`", file.read(), re.MULTILINE))
help_text = subprocess.run([program, "calc", "--help"], capture_output=True, text=True, timeout=20,
                           check=True).stdout
calculators = set(re.findall(r"^  ([a-z][a-z0-9-]*) ", help_text, re.MULTILINE))
answers = {}


def answer_of(arguments):
    if arguments not in answers:
        result = subprocess.run([program, "calc", *arguments.split(), "--format", "json"],
                                capture_output=True, text=True, timeout=20, check=False)
        if result.returncode != 0:
            failures.append(f"calc {arguments}: exit {result.returncode}: {result.stderr.strip()}")
        answers[arguments] = json.loads(result.stdout) if result.returncode == 0 else None
    return answers[arguments]


def value_at(answer, path):
    for key in path.split("."):
        answer = answer[int(key)] if isinstance(answer, list) else answer[key]
    return answer


def check(row):
    calculator = row["arguments"].split()[0]
    if calculator not in calculators:
        missing[calculator] = missing.get(calculator, 0) + 1
        return
    answer = answer_of(row["arguments"])
    if answer is None:
        return
    try:
        actual = value_at(answer, row["key"])
    except (KeyError, IndexError):
        failures.append(f"calc {row['arguments']}: no key {row['key']}")
        return
    if not abs(actual - float(row["expected"])) <= float(row["tolerance"]):
        failures.append(f"calc {row['arguments']}: {row['key']} is {actual}, not {row['expected']}")


with open(table, encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    check(row)
    if row["source"] not in tags:
        failures.append(f"no reference: {row['source']}")
for calculator, count in sorted(missing.items()):
    print(f"SKIPPED: {count} values of calc {calculator}, which this program does not have")
for failure in failures:
    print(failure)
print(f"{len(rows) - sum(missing.values())} values compared")
sys.exit(1 if failures else 0)
