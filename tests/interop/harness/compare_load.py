"""Compares runs of `busyhour load`, each between two marks of one capture, with what they say
themselves, with the catalogue's flows, and with the summaries of our own servers.

Over UDP and TCP the capture is read message by message. Over TLS the counts are those of the
generator and of the server, and the records of TLS are told.

Exit: 0 equal; 1 not equal; 4 the run is void, because a message was retransmitted.
"""

import argparse
import collections
import json
import os
import sys

import sip_capture

VOID = 4
COLUMNS = "requests_sent requests_received responses_sent responses_received".split()
OCTETS = "octets_sent octets_received".split()


def predicted_counts(flow, sessions):
    """By method, in the generator's words: what the user agents of the flow send and receive."""
    path = os.path.join(os.environ["SOURCE_DIR"], "models", "flows", flow + ".json")
    with open(path) as file:
        flow = json.load(file)
    server = next(e for e in flow["elements"] if e in ("registrar", "proxy"))
    methods = {}
    counts = collections.defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for message in flow["messages"]:
        is_sent = message["to"] == server
        if message["message"].isdigit():
            method = methods[message["transaction"]]
            counts[method]["responses_sent" if is_sent else "responses_received"] += sessions
        else:
            method = message["message"]
            methods.setdefault(message.get("transaction"), method)
            counts[method]["requests_sent" if is_sent else "requests_received"] += sessions
    return dict(counts)


def counted(messages):
    """The same of captured messages, with octets."""
    counts = collections.defaultdict(lambda: dict.fromkeys(COLUMNS + OCTETS, 0))
    for message in messages:
        row = counts[message.answers]
        direction = "sent" if message.incoming else "received"
        row[("requests_" if message.method else "responses_") + direction] += 1
        row["octets_" + direction] += message.octets
    return dict(counts)


def total(counts):
    sums = dict.fromkeys(COLUMNS + OCTETS, 0)
    for row in counts.values():
        for key, value in row.items():
            sums[key] += value
    return sums


def messages_of(row):
    return sum(row[key] for key in COLUMNS)


class Run:
    """One run of the generator."""

    def __init__(self, path, catalogue_name):
        self.name = os.path.basename(path)[: -len(".json")]
        with open(path) as file:
            self.result = json.load(file)
        self.transport = self.result["target"].split(":")[0]
        self.catalogue_name = catalogue_name
        self.faults = []
        self.is_void = self.result["retransmissions"] > 0

    def expect(self, what, expected, found):
        if expected != found:
            self.faults.append(f"{what}: expected {expected}, found {found}")

    def check_result(self, count):
        """All that was offered succeeded, and the counts are those of the catalogue."""
        for key in "failed unexpected late_responses without_place".split():
            self.expect(key, 0, self.result[key])
        self.expect("offered", count, self.result["offered"])
        self.expect("succeeded", count, self.result["succeeded"])
        found = {
            method: {key: row[key] for key in COLUMNS}
            for method, row in self.result["messages"].items()
            if method != "total"
        }
        self.expect("messages", predicted_counts(self.catalogue_name, count), found)

    def check_capture(self, messages):
        """The last of them are the flow's, those before them the registrations'."""
        before_number = messages_of(self.result["messages_before"])
        before, during = messages[:before_number], messages[before_number:]
        said = {m: row for m, row in self.result["messages"].items() if m != "total"}
        self.expect("captured", said, counted(during))
        self.expect("captured before", self.result["messages_before"], total(counted(before)))
        self.expect("methods before", [], sorted({m.answers for m in before} - {"REGISTER"}))
        seen = collections.Counter((m.incoming, m.peer, m.text) for m in messages)
        self.is_void = self.is_void or max(seen.values(), default=1) > 1

    def tell(self, records):
        row = self.result["messages"]["total"]
        capture = f"captured {messages_of(row)}" if records is None else f"records {records}"
        print(
            f"  {self.transport} {self.result['flow']:28} {self.result['succeeded']:4} of"
            f" {self.result['offered']:3}  messages {messages_of(row):5}  {capture:13}"
            f"  octets {row['octets_sent']:6} out {row['octets_received']:6} in"
            f"  {'void' if self.is_void else 'DIFFERENT' if self.faults else 'equal'}"
        )
        for fault in self.faults:
            print(f"    {fault}")
        if self.result["void"]:
            print(f"    its times are void: {self.result['void']}")


def summary_counts(summary, transport):
    """What a server says of one transport, in the generator's words."""
    counts = collections.defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for server_direction, direction in (("in", "sent"), ("out", "received")):
        for method, row in summary["messages"][server_direction].get(transport, {}).items():
            counts[method]["requests_" + direction] += row.get("request", 0)
            counts[method]["responses_" + direction] += sum(row.values()) - row.get("request", 0)
    return counts


def expected_summary(runs):
    """What the runs say of themselves, with what they did before."""
    counts = collections.defaultdict(lambda: dict.fromkeys(COLUMNS + OCTETS, 0))
    for run in runs:
        rows = [(m, row) for m, row in run.result["messages"].items() if m != "total"]
        for method, row in rows + [("REGISTER", run.result["messages_before"])]:
            for key in COLUMNS + OCTETS:
                counts[method][key] += row[key]
    return {method: row for method, row in counts.items() if any(row.values())}


def compare_summary(name, summary, runs):
    """Whether a server counted what its runs counted."""
    is_equal = True
    for transport in sorted({run.transport for run in runs}):
        expected = expected_summary([run for run in runs if run.transport == transport])
        octets = total(expected)
        found = summary_counts(summary, transport)
        said = {m: {key: row[key] for key in COLUMNS} for m, row in expected.items()}
        pairs = [(said, dict(found))]
        pairs.append((octets["octets_sent"], summary["octets"]["in"][transport]))
        pairs.append((octets["octets_received"], summary["octets"]["out"][transport]))
        differences = [(e, f) for e, f in pairs if e != f]
        print(
            f"  summary of {name:7} {transport}  messages"
            f" {sum(messages_of(row) for row in found.values()):5}  octets"
            f" {summary['octets']['in'][transport]:7} in {summary['octets']['out'][transport]:7} out"
            f"  {'DIFFERENT' if differences else 'equal'}"
        )
        for expected, counted_there in differences:
            print(f"    generators {expected}\n    server     {counted_there}")
            is_equal = False
    return is_equal


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True, help="sessions of each run")
    parser.add_argument("--capture", required=True)
    parser.add_argument("--mark-port", type=int, required=True)
    parser.add_argument("--ports", type=int, nargs="+", required=True, help="UDP and TCP")
    parser.add_argument("--tls-ports", type=int, nargs="+", required=True)
    parser.add_argument("--summary", action="append", default=[], help="of a server, SERVER.json")
    parser.add_argument(
        "runs", nargs="+", help="results, SERVER-TRANSPORT-FLOW.json=NAME of the catalogue's flow"
    )
    return parser.parse_args()


def main():
    options = parse_arguments()
    capture = sip_capture.read_capture(
        options.capture, options.ports, options.mark_port, tls_ports=options.tls_ports
    )
    messages = collections.defaultdict(list)
    for message in capture.messages:
        messages[message.run].append(message)
    runs = [Run(*text.split("=")) for text in options.runs]
    for run in runs:
        run.check_result(options.count)
        records = None
        if run.transport == "tls":
            records = capture.records[run.name, True] + capture.records[run.name, False]
            said = messages_of(run.result["messages"]["total"])
            run.expect("records below messages", False, records < said)
        else:
            run.check_capture(messages.pop(run.name, []))
        run.tell(records)
    is_equal = not any(run.faults for run in runs)
    for path in options.summary:
        name = os.path.basename(path)[: -len(".json")]
        with open(path) as file:
            summary = json.load(file)
        its_runs = [run for run in runs if run.name.startswith(name + "-")]
        is_equal = compare_summary(name, summary, its_runs) and is_equal
    stray = sum(map(len, messages.values()))
    print(f"  tshark: {len(capture.faults)} faults; {stray} messages outside the runs")
    for fault in capture.faults[:5]:
        print(f"    {fault}")
    if any(run.is_void for run in runs):
        return VOID
    return 0 if is_equal and not capture.faults and not stray else 1


if __name__ == "__main__":
    sys.exit(main())
