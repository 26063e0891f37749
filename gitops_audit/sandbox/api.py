"""The API, without the network: a request in, a response out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gitops_audit.sandbox import access, discovery, openapi
from gitops_audit.sandbox.access import REVIEWS, User
from gitops_audit.sandbox.decode import parse
from gitops_audit.sandbox.kinds import Kind, Kinds
from gitops_audit.sandbox.reads import as_metadata, list_page, read, wants_metadata
from gitops_audit.sandbox.request import Request, Response, Target, WriteOptions, answer, target_of
from gitops_audit.sandbox.resource import ResourceApi
from gitops_audit.sandbox.scale import scale_of
from gitops_audit.sandbox.status import ApiError, unserved
from gitops_audit.sandbox.store import Store

MAX_BODY_BYTES = 3 * 1024 * 1024
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PLAIN = "text/plain; charset=utf-8"
_PAGE_NOT_FOUND = Response(404, b"404 page not found\n", _PLAIN)


class Api:
    """The state of one server, and how it answers. Safe for threads. `now` gives the time as RFC 3339."""

    def __init__(self, now: Callable[[], str], *, address: str = "") -> None:
        self.store = Store()
        self.kinds = Kinds()
        self.tokens: dict[str, User] = {}
        self.address = address
        self._now = now
        self._lock = threading.RLock()
        for name in NAMESPACES:
            self._create_namespace(name)

    def _create_namespace(self, name: str) -> None:
        kind = self.kinds.find("", "v1", "namespaces")
        if kind is None:
            raise LookupError("the tables have no Namespace")
        options = WriteOptions("kube-apiserver")
        resource = ResourceApi(self.store, self.kinds, kind, Target("", "v1", "namespaces"), options, self._now())
        resource.create({"metadata": {"name": name}})

    def handle(self, request: Request, *, expire: bool = False) -> Response:
        """Answers a request; every refusal is a Status object. `expire`: its continue token is too old."""
        try:
            return self._routed(request, expire=expire)
        except ApiError as error:
            return answer(error.status(), error.code)
        except RecursionError:
            return answer(ApiError(400, "the object is nested too deeply").status(), 400)
        except Exception as error:  # as the API server does: one request must not take the server down
            return answer(ApiError(500, f"the sandbox failed: {error!r}").status(), 500)

    def _routed(self, request: Request, *, expire: bool) -> Response:
        user = access.user_of(request, self.tokens)
        target = target_of(request.path)
        if target is None:
            access.check_path(user, request)
            with self._lock:
                return self._document(request)
        verb = access.verb_of(request, target)
        if not _is_review(target) or user == access.ANONYMOUS:
            access.check(user, verb, target)
        if len(request.body) > MAX_BODY_BYTES:
            raise ApiError(413, f"Request entity too large: limit is {MAX_BODY_BYTES}")
        _check_accept(request)
        with self._lock:
            return self._resource(user, verb, target, request, expire=expire)

    def _document(self, request: Request) -> Response:
        if request.method != "GET":
            raise ApiError(405, "the server does not allow this method on the requested resource", details={})
        parts = [part for part in request.path.split("/") if part]
        match parts:
            case ["version"]:
                return answer(discovery.VERSION)
            case ["healthz" | "livez" | "readyz"]:
                return Response(200, b"ok", _PLAIN)
            case ["api" | "apis"] if discovery.wants_aggregated(request.accept):
                listing = discovery.aggregated(self.kinds, core=parts == ["api"])
                return answer(listing, content_type=discovery.AGGREGATED)
            case ["api"]:
                return answer(discovery.core_versions(self.address))
            case ["apis"]:
                return answer(discovery.group_list(self.kinds))
            case ["apis", group]:
                return answer(discovery.group(self.kinds, group))
            case ["api", version]:
                return answer(discovery.resource_list(self.kinds, "", version))
            case ["apis", group, version]:
                return answer(discovery.resource_list(self.kinds, group, version))
            case ["openapi", "v3"]:
                return answer(openapi.index(self.kinds), content_type=_PLAIN)  # as the API server labels it
            case ["openapi", "v3", *rest]:
                return answer(openapi.document(self.kinds, "/".join(rest)))
        return _PAGE_NOT_FOUND

    def _resource(self, user: User, verb: str, target: Target, request: Request, *, expire: bool) -> Response:
        if _is_review(target) and verb == "create":
            return answer(access.review(user, target, _body(request)), 201)
        kind = self._kind(target)
        if verb in ("get", "list"):
            return self._read(kind, target, request, expire=expire)
        if target.subresource and verb not in ("update", "patch"):
            raise ApiError(405, "the server does not allow this method on the requested resource", details={})
        return self._write(user, verb, kind, target, request)

    def _kind(self, target: Target) -> Kind:
        kind = self.kinds.find(target.group, target.version, target.plural)
        if kind is None or bool(target.namespace) > kind.is_namespaced:
            raise unserved()
        if target.subresource and target.subresource not in kind.subresources:
            raise unserved()
        if target.name and kind.is_namespaced and not target.namespace:
            raise unserved()
        return kind

    def _read(self, kind: Kind, target: Target, request: Request, *, expire: bool) -> Response:
        if request.flag("watch"):
            raise ApiError(501, "the sandbox does not serve watches: use lists")
        if not target.name:
            return answer(list_page(self.store, kind, target, request, expire=expire))
        body = read(self.store, kind, target)
        if target.subresource == "scale" and kind.scaling:
            return answer(scale_of(kind.scaling, body))
        return answer(as_metadata(body) if wants_metadata(request.accept, "PartialObjectMetadata") else body)

    def _write(self, user: User, verb: str, kind: Kind, target: Target, request: Request) -> Response:
        if not target.name and kind.is_namespaced and not target.namespace and verb == "create":
            raise ApiError(405, "the server does not allow this method on the requested resource", details={})
        options = WriteOptions.of(request, kind=f"{verb.removesuffix('collection').capitalize()}Options")
        resource = ResourceApi(self.store, self.kinds, kind, target, options, self._now())
        match verb:
            case "create":
                return resource.respond(resource.create(_body(request)))
            case "update":
                return resource.respond(resource.update(_body(request)))
            case "patch":
                may_create = lambda: access.check(user, "create", target)  # noqa: E731 (one line says it all)
                return resource.respond(resource.patch(request.content_type, request.body, may_create))
            case "delete":
                return resource.deleted(parse(request.body) if request.body else {})
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        return resource.delete_collection(labels, fields, parse(request.body) if request.body else {})


def _is_review(target: Target) -> bool:
    return target.group == discovery.REVIEW_GROUP and target.plural in REVIEWS


def _body(request: Request) -> Any:
    if request.content_type not in ("application/json", "application/yaml"):
        raise ApiError(415, f"the body of the request was in an unknown format: {request.content_type}", details={})
    return parse(request.body, as_yaml=request.content_type == "application/yaml")


def _check_accept(request: Request) -> None:
    for offer in request.accept.split(","):
        media, *parameters = offer.replace(" ", "").split(";")
        view = next((p for p in parameters if p.startswith("as=")), "")
        if media in ("*/*", "application/*", "application/json") and not view.startswith("as=Table"):
            return
    raise ApiError(406, "only application/json is served, as the object, as its metadata or as a list of these")
