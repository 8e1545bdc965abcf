"""Usage: check_schemas.py FOLDER SOURCE_DIR BUSYHOUR.

FOLDER has NAME.schema.json for each schema and EXAMPLE.report.json for each example.
"""

import copy
import glob
import json
import os
import subprocess
import sys

from jsonschema import Draft202012Validator

folder, source, program = sys.argv[1:4]
failures = []


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def validator(name):
    schema = load(f"{folder}/{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def fits(name, document, what):
    for error in validators[name].iter_errors(document):
        failures.append(f"{what} does not fit {name}: {error.json_path}: {error.message[:200]}")


def refuses(name, document, what):
    if validators[name].is_valid(document):
        failures.append(f"{name} accepts {what}")


def objects_in(value, path=""):
    """Each object of a document with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, child in value.items():
            yield from objects_in(child, f"{path}/{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from objects_in(child, f"{path}/{index}")


def at(document, path):
    for key in path.split("/")[1:]:
        document = document[int(key) if isinstance(document, list) else key]
    return document


def mutants(document, skipped=()):
    """The document with one thing wrong: a key too many, one with the wrong type."""
    for path, found in objects_in(document):
        if any(word in path for word in skipped):
            continue
        changed = copy.deepcopy(document)
        at(changed, path)["no_such_key"] = 1
        yield f"{path}/no_such_key", changed
        for key, value in found.items():
            changed = copy.deepcopy(document)
            at(changed, path)[key] = {"no": "such"} if not isinstance(value, dict) else "no such"
            yield f"{path}/{key} with another type", changed


def without(document, key):
    return {name: value for name, value in document.items() if name != key}


def program_accepts(deployment):
    result = subprocess.run([program, "check", "-"], input=json.dumps(deployment).encode(),
                            capture_output=True, timeout=20, check=False)
    return result.returncode == 0


validators = {name: validator(name)
              for name in ("deployment", "report", "measurement", "server", "host")}

examples = {os.path.basename(path)[:-5]: load(path) for path in glob.glob(f"{source}/examples/*.json")}
for name, deployment in examples.items():
    fits("deployment", deployment, name)
    report = load(f"{folder}/{name}.report.json")
    fits("report", report, f"the report of {name}")
for kind in ("server", "host"):
    paths = glob.glob(f"{source}/models/{kind}s/*.json")
    if not paths:
        failures.append(f"no models of {kind}s")
    for path in paths:
        fits(kind, load(path), path)
        for key in ("name", "source"):
            refuses(kind, without(load(path), key), f"{path} without {key}")

deployment = examples["enterprise-200k-three-sites"]
for what, changed in mutants(deployment):
    refuses("deployment", changed, what)
    if program_accepts(changed):
        failures.append(f"the program accepts {what}")

report = load(f"{folder}/enterprise-200k-three-sites.report.json")
report["years"] = report["years"][:1]
report["assumptions"] = report["assumptions"][:2]
# An assumption's value may be anything, and evidence has the keys of its finding.
for what, changed in mutants(report, skipped=("evidence",)):
    if "/value " not in what and "/evidence " not in what:
        refuses("report", changed, what)
for key in report:
    if key in validators["report"].schema["required"]:
        refuses("report", without(report, key), f"a report without {key}")

least = {"populations": [{"endpoints": 1}]}
fits("deployment", least, "the least deployment")
wrong = {
    "no population": {},
    "an empty list of populations": {"populations": []},
    "no endpoints": {"populations": [{}]},
    "another major format": dict(least, format="busyhour.deployment/2"),
    "a negative number": {"populations": [{"endpoints": -1}]},
    "half an endpoint": {"populations": [{"endpoints": 1.5}]},
    "a number in quotes": {"populations": [{"endpoints": "1"}]},
    "two units": {"populations": [{"endpoints": 1, "registration": {"expires_s": 60, "expires_min": 1}}]},
    "a fraction above 1": {"populations": [{"endpoints": 1, "calls": {"internal_fraction": 2}}]},
    "a percentage above 100": {"populations": [{"endpoints": 1, "calls": {"internal_percent": 101}}]},
    "an unknown transport": {"populations": [{"endpoints": 1, "transport": "sctp"}]},
}
for what, deployment in wrong.items():
    refuses("deployment", deployment, what)
    if program_accepts(deployment):
        failures.append(f"the program accepts {what}")
units = {"populations": [{"endpoints": 1, "registration": {"expires_h": 1, "refresh_percent": 50},
                          "media": {"ptime_s": 0.02}}]}
fits("deployment", units, "other units")
if not program_accepts(units):
    failures.append("the program refuses other units")

for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
