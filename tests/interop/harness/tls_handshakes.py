"""Makes TLS handshakes between `openssl s_client` and `openssl s_server` on loopback.

    tls_handshakes.py DIRECTORY RUNS PORT...

Keys and certificates go to DIRECTORY. There is one server for each key, version and kind of
authentication, at the PORTs in that order. Prints JSON: a list of groups, each with its port, what
it is, and what openssl said of each handshake, in the order in which they were made.
"""

import json
import pathlib
import re
import subprocess
import sys
import time

NAME = "sip.example.com"
KEYS = {
    "ecdsa-p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa-2048": ["rsa:2048"],
    "rsa-4096": ["rsa:4096"],
}
VERSIONS = ("1.2", "1.3")
TICKETS = {"full": 2, "resumed": 1}  # that a TLS 1.3 server of OpenSSL 3.0 sends after a handshake
LIMIT_S = 20


def make_certificate(directory, key):
    """A key and its self-signed certificate; returns the octets of the certificate."""
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "365", "-sha256", "-newkey", *KEYS[key]]
        + ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        + ["-keyout", directory / f"{key}.key", "-out", directory / f"{key}.pem"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    der = ["openssl", "x509", "-in", directory / f"{key}.pem", "-outform", "der"]
    return len(subprocess.run(der, check=True, stdout=subprocess.PIPE).stdout)


def identity(directory, key):
    return ["-cert", directory / f"{key}.pem", "-key", directory / f"{key}.key"]


class Server:
    """An `openssl s_server` for the time of a with statement."""

    def __init__(self, directory, key, version, mutual, port):
        self.port = port
        self.command = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}"]
        self.command += ["-tls" + version.replace(".", "_"), *identity(directory, key)]
        self.command += ["-Verify", "1"] if mutual else []

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + LIMIT_S
        while not listens(self.port):
            if time.monotonic() > deadline:
                raise SystemExit("openssl s_server does not listen: " + str(self.command))
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def listens(port):
    """Whether a server has that TCP port; asks without a connection, which would be captured."""
    return f": 0100007F:{port:04X} 00000000:0000 0A " in pathlib.Path("/proc/net/tcp").read_text()


def connect(port, version, kind, session, client_identity):
    """One handshake; `session` is written where it is full and read where it is resumed.

    The client offers what it offers by default; the server has chosen the version.
    """
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME]
    command += ["-sess_out" if kind == "full" else "-sess_in", session, *client_identity]
    process = subprocess.Popen(
        ["timeout", str(LIMIT_S), "stdbuf", "--output=L", *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    text, sessions = "", 0
    wanted = TICKETS[kind] if version == "1.3" else 1
    for line in process.stdout:  # each session that is shown ends with its Extended master secret
        text += line.decode(errors="replace")
        sessions += line.strip().startswith(b"Extended master secret:")
        if sessions == wanted:
            break
    process.stdin.close()
    process.stdout.read()
    process.wait()

    said = re.search(r"SSL handshake has read (\d+) bytes and written (\d+) bytes", text)
    expected = rf"{'New' if kind == 'full' else 'Reused'}, TLSv{version}"
    if sessions != wanted or not said or not re.search(expected, text):
        raise SystemExit(f"not a {kind} TLS {version} handshake:\n{text}")
    return {"kind": kind, "server_bytes": int(said[1]), "client_bytes": int(said[2])}


def measure(directory, runs, ports):
    groups = []
    for key in KEYS:
        certificate_bytes = make_certificate(directory, key)
        for version in VERSIONS:
            for mutual in (False, True):
                port = next(ports)
                client_identity = identity(directory, key) if mutual else []
                session = directory / f"{key}-{version}-{mutual}.session"
                kinds = ["full"] * runs + ["resumed"] * runs
                with Server(directory, key, version, mutual, port):
                    handshakes = [
                        connect(port, version, kind, session, client_identity) for kind in kinds
                    ]
                groups.append(
                    {
                        "port": port,
                        "key": key,
                        "version": version,
                        "mutual": mutual,
                        "certificate_bytes": certificate_bytes,
                        "handshakes": handshakes,
                    }
                )
    return groups


if __name__ == "__main__":
    folder, number, *ports = sys.argv[1:]
    json.dump(measure(pathlib.Path(folder), int(number), map(int, ports)), sys.stdout, indent=1)
