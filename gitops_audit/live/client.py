"""The only module that knows the `kubernetes` package: credentials, TLS and proxies, as kubectl finds them.

Nothing else of that package is used: its generated classes lose unknown fields. The imports are lazy because even the
cheapest ones that load a kubeconfig take a fifth of a second (oauthlib, requests and pydantic come along).
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError
from gitops_audit.late_headers import bound
from gitops_audit.live.limits import MAX_KUBECONFIG_BYTES, MAX_TOKEN_BYTES
from gitops_audit.live.plugin import Plugin, PluginError
from gitops_audit.live.problem import CREDENTIALS
from gitops_audit.model.resource import JsonObject
from gitops_audit.regular_file import is_pipe, open_named, open_regular

DEFAULT_KUBECONFIG = "~/.kube/config"

_TOKEN_GOOD_FOR_S = 1.0
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_MALFORMED: tuple[type[Exception], ...] = (OSError, ValueError, TypeError, KeyError, AttributeError, HTTPError)


class Headers(dict[str, str]):
    """Request headers whose representation names no values, because one of them is the token."""

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


class Session:
    """An authenticated pool of kept-alive connections to one server. Safe for threads."""

    def __init__(self, config: ClusterConfig, *, concurrency: int) -> None:
        """Raises ClusterError where the kubeconfig, the context or an exec plugin cannot be used."""
        self._config = config
        self._concurrency = concurrency
        self._lock = threading.Lock()
        self._generation = 0
        self._asked_at: float | None = None
        self._open()

    def __repr__(self) -> str:
        return f"Session({self.server})"

    @property
    def generation(self) -> int:
        """Counts how often the credentials were loaded again."""
        return self._generation

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeouts: Any) -> Any:
        """The urllib3 response, its body unread. Raises urllib3's exceptions, and ClusterError for the credentials."""
        with self._lock:
            pool, complete = self._pool, Headers(headers, **self._authorization())
            if not self._configuration.verify_ssl:
                _accept_insecure()
        return pool.request(
            method,
            self._base + path,
            body=body,
            headers=complete,
            timeout=timeouts,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def renew(self, generation: int) -> None:
        """Loads the credentials again, unless another thread did since `generation`. Raises ClusterError."""
        with self._lock:
            if self._generation == generation:
                self._pool.clear()
                self._open()
                self._generation += 1

    def close(self) -> None:
        self._pool.clear()

    def _open(self) -> None:
        from kubernetes.client.rest import RESTClientObject

        self._header, self._asked_at = Headers(), None
        self._configuration = configuration = _load(self._config)
        configuration.connection_pool_maxsize = self._concurrency
        self._base = str(configuration.host).rstrip("/")
        self.server = displayed(self._base)
        try:
            self._pool: Any = RESTClientObject(configuration).pool_manager
            bound(self._pool)
        except _MALFORMED as error:
            raise _unusable(self._config, _plain(error)) from None

    def _authorization(self) -> dict[str, str]:
        """Asked for once a second: the package reads its settings anew each time, which costs as much as a request."""
        if self._asked_at is None or time.monotonic() - self._asked_at >= _TOKEN_GOOD_FOR_S:
            self._header, self._asked_at = Headers(self._asked()), time.monotonic()
        return self._header

    def _asked(self) -> dict[str, str]:
        try:
            settings = self._configuration.auth_settings()
        except _load_errors() as error:
            raise _unusable(self._config, f"the token could not be renewed: {error}") from None
        token = settings.get("BearerToken", {}).get("value")
        if token and not _HEADER_VALUE.fullmatch(token := token.rstrip()):
            raise _unusable(self._config, "the token holds characters that no HTTP header may hold")
        return {"authorization": token} if token else {}


def kubeconfig_contexts() -> tuple[str, ...]:
    """The contexts of the user's kubeconfig, for suggestions; empty where there is none or it cannot be read."""
    return tuple(_contexts(_kubeconfig("")))


def displayed(url: str) -> str:
    """A URL without user info, query and fragment, so that no credential in it can be shown."""
    try:
        parts = urlsplit(str(url))
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    except ValueError:
        return "an invalid URL"


def _accept_insecure() -> None:
    """The kubeconfig says to skip verification. Each time, because pytest resets the filters for every test."""
    import urllib3

    warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)


def _load(config: ClusterConfig) -> Any:
    """A `Configuration` of the kubernetes package, as the configured context (or the pod's account) sets it."""
    from kubernetes.client.configuration import Configuration

    configuration = Configuration()
    complaints: list[str] = []
    try:
        with _captured_errors(complaints):
            _fill(config, configuration)
    except OSError as error:
        raise _unusable(config, f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
    except _load_errors() as error:
        raise _unusable(config, str(error)) from None
    if complaints and not configuration.api_key and not configuration.cert_file:
        raise _unusable(config, complaints[0])
    if _scheme(configuration.host) not in ("http", "https"):
        raise _unusable(config, f"the server {displayed(configuration.host)!r} is no http(s) URL")
    return configuration


def _scheme(host: Any) -> str:
    try:
        return urlsplit(host).scheme if isinstance(host, str) else ""
    except ValueError:
        return ""


def _fill(config: ClusterConfig, configuration: Any) -> None:
    from kubernetes import config as package

    loaders: Any = package
    if config.in_cluster:
        loaders.load_incluster_config(client_configuration=configuration)
    else:
        _load_kubeconfig(_kubeconfig(config.kubeconfig), config.context, configuration)


def _load_kubeconfig(kubeconfig: str, context: str, configuration: Any) -> None:
    """As `load_kube_config` of the package, but with bounds: on the files, and on the plugin they may name."""
    from kubernetes.config import kube_config

    package: Any = kube_config

    class Loader(package.KubeConfigLoader):  # type: ignore[misc]
        def _load_from_exec_plugin(self) -> bool | None:
            if "exec" not in self._user:
                return None
            base = self._get_base_path(self._cluster.path)
            self._take(_plugin(self._user.value["exec"], base, self._cluster.value).status(), base)
            return True

        def _load_user_token(self) -> bool | None:
            if self._user and "tokenFile" in self._user:
                _check_token_file(Path(self._get_base_path(self._user.path), self._user["tokenFile"]))
            return bool(super()._load_user_token())

        def _take(self, status: JsonObject, base: str) -> None:
            if isinstance(status.get("token"), str):
                self.token = f"Bearer {status['token']}"
            elif isinstance(status.get("clientCertificateData"), str) and isinstance(status.get("clientKeyData"), str):
                for name, key in (("cert_file", "clientCertificateData"), ("key_file", "clientKeyData")):
                    setattr(self, name, self._file(status, key, base))
            else:
                raise PluginError("the exec plugin gives neither a token nor a certificate with its key")
            if isinstance(status.get("expirationTimestamp"), str):
                self.expiry = package.parse_rfc3339(status["expirationTimestamp"])

        def _file(self, status: JsonObject, key: str, base: str) -> Any:
            found = package.FileOrData(status, None, data_key_name=key, file_base_path=base, base64_file_content=False)
            return found.as_file()

    merged = _merged(kubeconfig)
    if merged.config is None:
        raise FileNotFoundError("there is no kubeconfig")
    Loader(merged.config, context or None, config_base_path=None, config_persister=merged.save_changes).load_and_set(
        configuration
    )


def _merged(kubeconfig: str) -> Any:
    """The files of a kubeconfig, merged as the package does it, but each read once and within bounds.

    Raises OSError for what is neither a regular file nor a pipe, ValueError for what is too large.
    """
    import yaml
    from kubernetes.config import kube_config

    package: Any = kube_config
    parts = ("clusters", "contexts", "users")

    class Merger(package.KubeConfigMerger):  # type: ignore[misc]
        config_merged: Any

        def load_config(self, path: str) -> None:
            with open_named(Path(path), MAX_KUBECONFIG_BYTES) as file:
                config = yaml.safe_load(_bounded(file, Path(path), MAX_KUBECONFIG_BYTES, "kubeconfig size"))
            if config is None:
                raise ValueError(f"{path} is empty")
            if self.config_merged is None:
                self.config_merged = package.ConfigNode(path, {**config, **{part: [] for part in parts}}, path)
            for part in parts:
                self._merge(part, config.get(part) or [], path)
            if "current-context" in config:
                self.config_merged.value["current-context"] = config["current-context"]
            self.config_files[path] = config

        def save_config(self, path: str) -> None:
            if not is_pipe(Path(path)):
                super().save_config(path)

    return Merger(kubeconfig)


def _check_token_file(path: Path) -> None:
    """Before the package reads it: a pipe or a device would hold it up for ever."""
    with open_regular(path) as file:
        _bounded(file, path, MAX_TOKEN_BYTES, "token size")


def _bounded(file: BinaryIO, path: Path, max_bytes: int, limit: str) -> bytes:
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"{path} has more than {max_bytes >> 20} MiB (limit: {limit})")
    return data


def _plugin(config: Any, base: str, cluster: JsonObject) -> Plugin:
    """Raises TypeError where the `exec` of a user is not as it must be."""
    if not isinstance(config, dict) or not all(isinstance(config.get(k), str) for k in ("command", "apiVersion")):
        raise PluginError("the `exec` of the user needs a `command` and an `apiVersion`")
    arguments, pairs = config.get("args") or [], config.get("env") or []
    if not isinstance(arguments, list) or not isinstance(pairs, list):
        raise PluginError("`args` and `env` of the user's `exec` must be lists")
    environment = {str(p.get("name")): str(p.get("value")) for p in pairs if isinstance(p, dict)}
    info = {"cluster": _told_cluster(cluster)} if config.get("provideClusterInfo") is True else {}
    return Plugin([config["command"], *map(str, arguments)], config["apiVersion"], environment, base or None, info)


def _told_cluster(cluster: JsonObject) -> JsonObject:
    """What a plugin is told of its cluster, with the extension that is meant for it as `config`."""
    found = cluster.get("extensions")
    named = (e for e in found if isinstance(e, dict)) if isinstance(found, list) else ()
    own = [e.get("extension") for e in named if e.get("name") == "client.authentication.k8s.io/exec"]
    return {**cluster, **({"config": own[0]} if own else {})}


def _load_errors() -> tuple[type[Exception], ...]:
    """What the package raises for files that are missing or malformed: mostly whatever falls out of Python."""
    import yaml
    from kubernetes.config.config_exception import ConfigException

    return ConfigException, PluginError, yaml.YAMLError, RecursionError, *_MALFORMED


def _kubeconfig(path: str) -> str:
    """Not the package's own constant, which remembers the environment as it was at import time."""
    return path or os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG


def _plain(error: Exception) -> str:
    """What a file error says; other words may quote a value of the kubeconfig."""
    return error.strerror or "" if isinstance(error, OSError) else "its certificates or its proxy cannot be used"


def _contexts(kubeconfig: str) -> Iterator[str]:
    try:
        merged = _merged(kubeconfig).config
        contexts = merged.value.get("contexts") if merged else None
        yield from [str(context["name"]) for context in contexts or ()]
    except _load_errors():
        return


def _unusable(config: ClusterConfig, reason: str) -> ClusterError:
    """`reason` comes from the package or from an exec plugin: one line of it is enough."""
    where = "the pod's service account" if config.in_cluster else f"kubeconfig {_kubeconfig(config.kubeconfig)}"
    context = f", context {config.context}" if config.context else ""
    first_line = (reason.partition("{")[0].strip().splitlines() or ["it is malformed"])[0][:300]
    return ClusterError(
        f"cluster {config.name}: {where}{context} cannot be used: {_without_credentials(first_line)}",
        code=CREDENTIALS,
        where=config.where,
        hint=_hint(config),
    )


def _without_credentials(text: str) -> str:
    return re.sub(r"(?i)(bearer|basic)\s+\S+|(?<=://)[^/\s@]+@", "", text)


def _hint(config: ClusterConfig) -> str:
    if config.in_cluster:
        return "`inCluster: true` works only in a pod that mounts its service account token"
    kubeconfig = _kubeconfig(config.kubeconfig)
    if not any(os.path.lexists(Path(p).expanduser()) for p in kubeconfig.split(os.pathsep) if p):
        return "there is no such file; set `kubeconfig:` or KUBECONFIG, or `inCluster: true` in a pod"
    contexts = list(_contexts(kubeconfig))
    if config.context and config.context not in contexts:
        close = difflib.get_close_matches(config.context, contexts, n=1)
        suggestion = f"did you mean {close[0]}? " if close else ""
        return f"{suggestion}contexts there: {', '.join(sorted(contexts)) or 'none'}"
    return f"try `kubectl --context {config.context or '<context>'} version` with the same file"


@contextmanager
def _captured_errors(messages: list[str]) -> Iterator[None]:
    """The package reports a failed exec plugin only through the root logger, and goes on without credentials."""

    class Capture(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == threading.get_ident():
                messages.append(record.getMessage())

    handler = Capture(logging.ERROR)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
