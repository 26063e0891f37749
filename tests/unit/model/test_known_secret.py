"""Which values are known as secret wherever they stand, and that nothing gives them away."""

from __future__ import annotations

import pickle
import traceback

import pytest

from gitops_audit.model.known_secret import KnownSecrets, is_telling
from gitops_audit.model.mask import Mask
from gitops_audit.model.redact import Redactor, is_redacted
from gitops_audit.model.resource import JsonObject

VALUE = "hunter2-hunter3"


def secret(*values: str) -> JsonObject:
    data = {f"k{number}": value for number, value in enumerate(values)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": data}


def mask(*values: str, public: tuple[str, ...] = ()) -> Mask:
    redactor = Redactor(known=KnownSecrets())
    redactor.redact(secret(*values))
    made = Mask.of(redactor, public)
    assert made is not None
    return made


@pytest.mark.parametrize(
    "text",
    [
        *("true", "admin", "default", "production", "kubernetes", "PRODUCTION", "image-pull-secrets", "short-1"),
        *("12345678", "-1.50", "30000ms", "10.96.0.10:5432", "10.0.0.0/16", "2026-01-31T10:00:00Z", "2026-01-31"),
        *(
            "db.shop.svc",
            "db.shop.svc.cluster.local:5432",
            "https://example.com/",
            "/var/lib/grafana",
            "./config.d/app",
        ),
        *("${DB_PASSWORD}", "$(PASSWORD)", "ENC[AES256_GCM,data:x]", "<redacted:0123456789ab>", "  admin  "),
    ],
)
def test_what_stands_everywhere_is_not_hidden(text: str) -> None:
    assert not is_telling(text)


@pytest.mark.parametrize(
    "text",
    [
        *(VALUE, "correct-horse-battery", "changeme", "swordfish", "A1b2C3d4", "1234567890123456", " spaced out pw "),
        *("https://hooks.example.com/services/T0/B0/x", "postgres://u:p@db.shop.svc/x", "/a/B64+x/9", "p@ss.w0rd"),
    ],
)
def test_what_may_be_a_password_is_hidden(text: str) -> None:
    assert is_telling(text)


def test_a_password_in_a_document_is_known_and_its_other_words_are_not() -> None:
    made = mask(f"receiver: team-frontend-x\nsmtp_auth_password: '{VALUE}'\nseverity: critical-x\n")
    assert made.is_telling(f"amqp://u:{VALUE}@mq")
    assert not made.is_telling("team-frontend-x is paged")
    assert not made.is_telling("critical-x")


def test_a_url_gives_its_password() -> None:
    assert mask(f"postgres://user-name:{VALUE}@db/x").is_telling(f"PGPASSWORD={VALUE}")


def test_names_of_objects_are_shown_anyway() -> None:
    assert not mask("grafana-owner", VALUE, public=("grafana-owner",)).is_telling("grafana-owner")


def test_only_the_words_of_a_sentence_that_repeat_a_value_are_replaced() -> None:
    said = mask(VALUE).message(f"the dsn is u:{VALUE}@db for shop")
    first, *rest = said.split("the dsn is ")[1].split(" ", 1)
    assert is_redacted(first)
    assert rest == ["for shop"]


def test_a_value_of_several_words_hides_the_sentence() -> None:
    assert mask("open sesame now").message("it is open sesame now, says he") == (
        "(not shown: it repeats the value of a Secret)"
    )


def test_the_same_text_has_the_same_token_and_another_has_another() -> None:
    made = mask(VALUE)
    body: JsonObject = {"data": {"a": f"u:{VALUE}", "b": f"u:{VALUE}", "c": f"v:{VALUE}", "d": "plain"}}
    data = made.body(body)["data"]
    assert data["a"] == data["b"] != data["c"]
    assert data["d"] == "plain"
    assert body["data"]["a"] == f"u:{VALUE}"


def test_an_object_without_copies_is_the_same_object() -> None:
    body: JsonObject = {"kind": "ConfigMap", "metadata": {"name": "c", "labels": {"a": "b"}}, "data": {"a": "plain"}}
    assert mask(VALUE).body(body) is body


def test_the_copy_that_kubectl_keeps_is_hidden() -> None:
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    body: JsonObject = {
        "metadata": {"name": "c", "annotations": {applied: f'{{"data": {{"p": "{VALUE}"}}}}', "x": "y"}}
    }
    annotations = mask(VALUE).body(body)["metadata"]["annotations"]
    assert is_redacted(annotations[applied])
    assert annotations["x"] == "y"


def test_thousands_of_values_are_found_as_a_few_are() -> None:
    made = mask(*(f"value-{number:05}-pw" for number in range(3000)))
    assert made.is_telling("x:value-02999-pw@")
    assert not made.is_telling("x:value-03000-pw@")


def test_nothing_that_prints_or_pickles_it_holds_a_value() -> None:
    redactor = Redactor(known=KnownSecrets())
    redactor.redact(secret(VALUE))
    known = redactor.known
    assert known is not None
    assert len(known) == 1
    assert VALUE.encode() not in pickle.dumps(known)
    assert len(pickle.loads(pickle.dumps(known))) == 0  # noqa: S301 - our own
    assert VALUE not in repr((redactor, known, Mask.of(redactor)))


def test_no_frame_of_a_traceback_shows_one() -> None:
    redactor = Redactor(known=KnownSecrets())
    redactor.redact(secret(VALUE))
    made = Mask.of(redactor)
    assert made is not None
    try:
        made.message(None)  # type: ignore[arg-type]
    except TypeError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert VALUE not in "".join(told.format())


def test_a_redactor_that_was_given_no_memory_knows_nothing() -> None:
    redactor = Redactor()
    redactor.redact(secret(VALUE))
    assert redactor.known is None
    assert not Mask.of(redactor).is_telling(VALUE)


@pytest.mark.parametrize(
    ("text", "is_hidden"),
    [
        ("https://ann:s3cr3t@git.example.com/a", True),
        ("see https://ghp_abcdef@git.example.com/a", True),
        ("HTTP://ann:s3cr3t@git.example.com", True),
        ("postgres://ann:s3cr3t@db/app", True),
        ("ssh://git@git.example.com/a", False),
        ("git@git.example.com:a/b", False),
        ("https://git.example.com/a@v1", False),
        ("https://git.example.com/?mail=ann@example.com", False),
        ("postgres://ann:${PASSWORD}@db/app", False),
        ("postgres://$(USER):$(PASSWORD)@db/app", False),
        ("https://{{ .Values.user }}@git.example.com", False),
        ("oci://registry.example.com/app@sha256:abc", False),
    ],
)
def test_a_url_with_credentials_is_hidden(text: str, *, is_hidden: bool) -> None:
    made = Mask.of(Redactor())
    assert ("s3cr3t" not in made.message(text) and "ghp_" not in made.message(text)) or not is_hidden
    assert (made.message(text) != text) == is_hidden
