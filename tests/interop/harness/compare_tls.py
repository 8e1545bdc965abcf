"""What TLS handshakes move, from openssl's own count and from a capture of the same handshakes.

Compares them with models/tls, or with --update writes models/tls and the measurement beside it.
Exit: 0 equal within the tolerance; 1 not.
"""

import argparse
import collections
import csv
import datetime
import json
import math
import pathlib
import statistics
import subprocess
import sys

SOURCE = "openssl-measurement-2026-11"
RECORD_OVERHEAD_BYTES = {"1.2": 29, "1.3": 22}  # AES-GCM: RFC 5288 section 3, RFC 8446 section 5.2
CLOSE_NOTIFY_BYTES = {"1.2": 2 + 29, "1.3": 2 + 22}  # an alert of two octets in a record
SEGMENT_BYTES = 1500 - 20 - 32  # TCP with timestamps over IPv4 over Ethernet

# The DER of an ECDSA signature has 70 to 72 octets, and a random serial number 19 or 20.
TOLERANCE_BYTES = 16

Key = collections.namedtuple("Key", "key version mutual kind")
Handshake = collections.namedtuple(
    "Handshake", "client_bytes server_bytes ticket_bytes client_segments server_segments"
)


def read_capture(path, ports):
    """For each port, its connections in order: lists of (sent by the client, payload octets)."""
    command = ["tshark", "-n", "-r", path, "-Y", "tcp.len > 0 && !tcp.analysis.retransmission"]
    command += ["-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.dstport"]
    command += ["-e", "tcp.len"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    connections = {}
    for line in text.stdout.decode().splitlines():
        stream, source, destination, octets = map(int, line.split())
        port = destination if destination in ports else source
        writes = connections.setdefault((port, stream), [])
        writes.append((destination == port, octets))
    by_port = collections.defaultdict(list)
    for (port, _), writes in sorted(connections.items()):
        by_port[port].append(writes)
    return by_port


def until_close(writes, version):
    """What went before the client's close_notify, which is the last it sends."""
    last = max(place for place, (by_client, _) in enumerate(writes) if by_client)
    if writes[last][1] != CLOSE_NOTIFY_BYTES[version]:
        raise SystemExit(f"the client's last record is no close_notify: {writes}")
    return writes[:last]


def segments(writes):
    """A frame on loopback is one write of the sender: as many segments as Ethernet would need."""
    return sum(math.ceil(octets / SEGMENT_BYTES) for octets in writes)


def handshake_of(said, writes, version):
    """One handshake; the capture must hold what openssl said and, in TLS 1.3, tickets after it."""
    before = until_close(writes, version)
    client = [octets for by_client, octets in before if by_client]
    server = [octets for by_client, octets in before if not by_client]
    tickets = sum(server) - said["server_bytes"]
    if sum(client) != said["client_bytes"] or (tickets > 0) != (version == "1.3"):
        raise SystemExit(f"openssl said {said}, the capture has {sum(client)} and {sum(server)}")
    return Handshake(sum(client), sum(server), tickets, segments(client), segments(server))


def median(handshakes):
    return Handshake(*(int(statistics.median_low(column)) for column in zip(*handshakes)))


def measured_handshakes(groups, capture):
    """The median of each kind, and the certificates' octets."""
    by_port = read_capture(capture, {group["port"] for group in groups})
    found, certificates = collections.defaultdict(list), {}
    for group in groups:
        certificates[group["key"]] = group["certificate_bytes"]
        for said, writes in zip(group["handshakes"], by_port[group["port"]], strict=True):
            key = Key(group["key"], group["version"], group["mutual"], said["kind"])
            found[key].append(handshake_of(said, writes, group["version"]))
    return {key: median(handshakes) for key, handshakes in found.items()}, certificates


def compare(measured, root):
    """Prints model and measurement side by side; true if they agree."""
    equal, models = True, {}
    print("TLS handshakes: octets of TCP payload, client to server / server to client")
    for key, handshake in measured.items():
        if key.key not in models:
            models[key.key] = json.loads((root / f"models/tls/{key.key}.json").read_text())
        model = next(
            row
            for row in models[key.key]["handshakes"]
            if (row["version"], row["resumed"], row["mutual"])
            == (key.version, key.kind == "resumed", key.mutual)
        )
        is_equal = all(
            abs(model[column] - getattr(handshake, column)) <= TOLERANCE_BYTES
            for column in ("client_bytes", "server_bytes")
        )
        equal = equal and is_equal
        print(
            f"  {key.key:10} TLS {key.version} {key.kind:7}{' mutual' if key.mutual else '       '}"
            f"  predicted {model['client_bytes']:4} / {model['server_bytes']:4}"
            f"  captured {handshake.client_bytes:4} / {handshake.server_bytes:4}"
            f"  {'equal' if is_equal else 'DIFFERENT'} (within {TOLERANCE_BYTES})"
        )
    return equal


# --- Writing what was measured -------------------------------------------------------------------

NOTES = (
    "Median of {runs} handshakes between s_client and s_server of {openssl} over loopback: client"
    " hello with SNI offering TLS 1.2 and 1.3, X25519, AES-256-GCM, a self-signed leaf certificate"
    " and no chain, and where mutual a client certificate of the same kind. server_bytes include the session tickets: within the"
    " handshake in 1.2, behind it in 1.3 (two after a full handshake, one after a resumed one)."
    " Segments: the writes cut at 1448 octets; no bare ACK, SYN, FIN or close_notify counted."
)


def write_model(path, key, rows, certificate_bytes, notes):
    document = {
        "name": key,
        "title": f"TLS with a server certificate of {key}",
        "source": SOURCE,
        "date": datetime.date.today().isoformat(),
        "notes": notes,
        "certificate_bytes": certificate_bytes,
        "handshakes": rows,
        "record_overhead_bytes": RECORD_OVERHEAD_BYTES,
    }
    text = json.dumps(document, indent=2)
    for row in rows:  # one handshake a line
        text = text.replace(indented(row), "    " + json.dumps(row))
    path.write_text(text + "\n")


def indented(row):
    return "\n".join("    " + line for line in json.dumps(row, indent=2).splitlines())


def write_measurement(path, measured, certificates, openssl, runs):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            "key version resumed client_bytes server_bytes certificate_bytes openssl date mutual"
            " ticket_bytes client_segments server_segments runs".split()
        )
        for key, handshake in measured.items():
            writer.writerow(
                [key.key, key.version, str(key.kind == "resumed").lower()]
                + [handshake.client_bytes, handshake.server_bytes, certificates[key.key], openssl]
                + [datetime.date.today().isoformat(), str(key.mutual).lower()]
                + [handshake.ticket_bytes, handshake.client_segments, handshake.server_segments]
                + [runs]
            )


def update(measured, certificates, root, runs):
    version = subprocess.run(["openssl", "version"], check=True, stdout=subprocess.PIPE)
    openssl = " ".join(version.stdout.decode().split()[:2])
    (root / "models/tls").mkdir(parents=True, exist_ok=True)
    for name, certificate_bytes in certificates.items():
        rows = [
            {
                "version": key.version,
                "resumed": key.kind == "resumed",
                "mutual": key.mutual,
                "client_bytes": handshake.client_bytes,
                "server_bytes": handshake.server_bytes,
                "client_segments": handshake.client_segments,
                "server_segments": handshake.server_segments,
            }
            for key, handshake in measured.items()
            if key.key == name
        ]
        notes = NOTES.format(runs=runs, openssl=openssl)
        write_model(root / f"models/tls/{name}.json", name, rows, certificate_bytes, notes)
    table = root / "data/measurements/tls-handshake-bytes.csv"
    write_measurement(table, measured, certificates, openssl, runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--handshakes", required=True, help="output of tls_handshakes.py")
    parser.add_argument("--capture", required=True)
    parser.add_argument("--root", required=True, type=pathlib.Path, help="of the repository")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    with open(options.handshakes) as file:
        groups = json.load(file)
    measured, certificates = measured_handshakes(groups, options.capture)
    if options.update:
        runs = len(groups[0]["handshakes"]) // 2
        update(measured, certificates, options.root, runs)
    return 0 if compare(measured, options.root) else 1


if __name__ == "__main__":
    sys.exit(main())
