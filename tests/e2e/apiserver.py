"""A real kube-apiserver and etcd on loopback, found as envtest finds them; for the e2e tests and the benchmarks."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.e2e.audit_log import AuditLog
from tests.e2e.etcd import Etcd

DEFAULT_ASSETS = Path("/usr/local/kubebuilder/bin")
BINARIES = ("kube-apiserver", "etcd")
# The first is in system:masters; what the others may do is up to the RBAC objects a test creates.
USERS: Mapping[str, str] = {"admin": "system:masters", "reader": "readers", "nobody": ""}
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0
_P256_OID = bytes.fromhex("06082a8648ce3d030107")
# Requests with their bodies, once when they come (before anything is done) and once when they are answered; of patches
# the answer too, for not each of them changes something.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted"],
    "rules": [
        {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}]},
        {"level": "RequestResponse", "verbs": ["patch"]},
        {"level": "Request", "verbs": ["create", "update", "delete", "deletecollection"]},
        {"level": "None"},
    ],
}


def find_assets() -> Path | None:
    """The folder with the binaries: KUBEBUILDER_ASSETS, else envtest's default. None where one is missing."""
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS") or DEFAULT_ASSETS)
    return folder if all(os.access(folder / name, os.X_OK) for name in BINARIES) else None


def missing_reason() -> str:
    """Why there is no real API server here, empty where there is one."""
    if find_assets() is not None:
        return ""
    folder = os.environ.get("KUBEBUILDER_ASSETS") or DEFAULT_ASSETS
    return f"no executable {' and '.join(BINARIES)} in {folder} (KUBEBUILDER_ASSETS names another folder)"


class ApiServer:
    """An API server with an etcd of its own, from `__enter__` to `__exit__`; RBAC and bearer tokens `<user>-token`.

    There is no controller manager: nothing reconciles, no default ServiceAccounts appear. What is asked to be written
    stands in an audit log. Raises RuntimeError with the end of the log where one of the two does not come up.
    """

    def __init__(self, assets: Path | None = None) -> None:
        found = assets or find_assets()
        if found is None:
            raise RuntimeError(missing_reason())
        self._assets = found
        self._folder = Path(tempfile.mkdtemp(prefix="apiserver-"))
        self._processes: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
        self._client_port, self._peer_port, self.port = _free_ports(3)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def etcd_url(self) -> str:
        return f"http://127.0.0.1:{self._client_port}"

    @property
    def etcd(self) -> Etcd:
        return Etcd(self.etcd_url)

    @contextmanager
    def left_as_found(self) -> Iterator[None]:
        """Afterwards the server holds the objects that it held before."""
        before = self.etcd.state()
        try:
            yield
        finally:
            self.etcd.restore(before)

    @property
    def audit_log(self) -> AuditLog:
        return AuditLog(self._folder / "audit.log")

    def kill_process(self) -> None:
        """Ends the API server as a node that loses power does; may be called in a forked process."""
        process, _ = self._processes[-1]
        os.kill(process.pid, signal.SIGKILL)

    def start_again(self) -> None:
        """Once it was killed, on what etcd holds; nothing where it lives."""
        process, log = self._processes[-1]
        if process.poll() is not None:
            log.close()
            self._processes.pop()
            self._start_apiserver()

    @property
    def ca_file(self) -> Path:
        return self._folder / "certs" / "apiserver.crt"

    def token(self, user: str = "admin") -> str:
        return f"{user}-token"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._write_credentials()
        self._run("etcd", self._etcd_arguments())
        self._wait("etcd", lambda: _answers(f"{self.etcd_url}/health", None))
        self._start_apiserver()

    def _start_apiserver(self) -> None:
        self._run("kube-apiserver", self._apiserver_arguments())
        self._wait("kube-apiserver", self._is_ready)

    def _write_credentials(self) -> None:
        rows = [f'{user}-token,{user},{user}-uid,"{group}"' for user, group in USERS.items()]
        (self._folder / "tokens.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (self._folder / "service-account.key").write_bytes(_elliptic_key())
        (self._folder / "audit-policy.json").write_text(json.dumps(_AUDIT_POLICY), encoding="utf-8")

    def _etcd_arguments(self) -> list[str]:
        peer = f"http://127.0.0.1:{self._peer_port}"
        return [
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={self.etcd_url}",
            f"--advertise-client-urls={self.etcd_url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--name=default",
            "--unsafe-no-fsync=true",
            "--log-level=warn",
        ]

    def _apiserver_arguments(self) -> list[str]:
        key = self._folder / "service-account.key"
        return [
            f"--etcd-servers={self.etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            "--endpoint-reconciler-type=none",
            "--feature-gates=ListFromCacheSnapshot=false",  # pages come from etcd, so that `compact` can expire them
            f"--cert-dir={self._folder / 'certs'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--audit-policy-file={self._folder / 'audit-policy.json'}",
            f"--audit-log-path={self._folder / 'audit.log'}",
            "--audit-log-mode=blocking",
            "--audit-log-maxsize=100000",  # MB: a log that was begun anew would hide what stood there before
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            f"--service-account-issuer={self.url}/",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
        ]

    def _run(self, name: str, arguments: list[str]) -> None:
        log = (self._folder / f"{name}.log").open("ab")
        command = [str(self._assets / name), *arguments]
        environment = {"GOGC": "400", **os.environ}  # a fifth of the time of a start goes to collecting garbage else
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, env=environment
        )
        self._processes.append((process, log))

    def _wait(self, name: str, is_ready: Callable[[], bool]) -> None:
        process, deadline = self._processes[-1][0], time.monotonic() + _START_TIMEOUT_S
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{name} did not come up (exit code {process.poll()}):\n{tail}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        if not self.ca_file.exists():
            return False
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file))
        except ssl.SSLError:  # the certificate is being written
            return False
        return _answers(f"{self.url}/readyz", context)

    def stop(self) -> None:
        """Ends both processes and removes their files. May be called twice."""
        for process, log in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            _reap(process)
            log.close()
        self._processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write_kubeconfig(self, path: Path, user: str = "admin") -> Path:
        """Writes a kubeconfig with a context for every user; `user` is the current one."""
        cluster = {"server": self.url, "certificate-authority": str(self.ca_file)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": self.token(name)}} for name in USERS],
            "contexts": [{"name": name, "context": {"cluster": "local", "user": name}} for name in USERS],
            "current-context": user,
        }
        path.write_text(json.dumps(config, indent=2), encoding="utf-8")
        return path


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str, context: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:  # noqa: S310 (loopback)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _elliptic_key() -> bytes:
    """A fresh P-256 key in SEC 1 form (RFC 5915). The public half is left out: Go computes it."""
    scalar = b"\1" + secrets.token_bytes(31)  # well below the order of the curve
    body = b"\x02\x01\x01" + b"\x04\x20" + scalar + b"\xa0" + bytes([len(_P256_OID)]) + _P256_OID
    encoded = base64.b64encode(b"\x30" + bytes([len(body)]) + body).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{encoded}\n-----END EC PRIVATE KEY-----\n".encode()
