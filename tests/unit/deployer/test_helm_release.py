"""Records of Helm, as they are kept and as somebody might forge them."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from gitops_audit.deployer import helm_release
from gitops_audit.deployer.helm_release import latest, recorded, release_of
from gitops_audit.model.resource import ResourceKey


def packed(value: Any, *, is_zipped: bool = True) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(base64.b64encode(gzip.compress(text) if is_zipped else text)).decode()


RECORD = {
    "chart": {"metadata": {"name": "web", "version": "1.0.0"}},
    "config": {"password": "hunter2hunter2"},
    "manifest": "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\n",
}


@pytest.mark.parametrize("is_zipped", [True, False])
def test_chart_and_manifest_are_read_and_values_are_not(is_zipped: bool) -> None:
    found = recorded(packed(RECORD, is_zipped=is_zipped))
    assert (found.chart, found.manifest) == ("web 1.0.0", RECORD["manifest"])
    assert "hunter2" not in repr(found)
    assert "ConfigMap" not in repr(found)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "!!!",
        base64.b64encode(b"!!!").decode(),
        packed(b"hunter2hunter2"),
        packed([]),
        packed({"manifest": 1}),
        packed(b"[" * 100_000),
        packed(RECORD)[:-8],
        base64.b64encode(base64.b64encode(b"\x1f\x8bhunter2hunter2")).decode(),
    ],
    ids=["empty", "no base64", "no packed data", "text", "list", "odd manifest", "deep", "cut", "no gzip"],
)
def test_what_is_no_record_is_refused_without_a_word_of_it(data: str) -> None:
    with pytest.raises(ValueError, match="record of Helm") as caught:
        recorded(data)
    assert "hunter2" not in str(caught.value)


def test_a_record_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_release, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(ValueError, match="too large"):
        recorded(packed(RECORD | {"manifest": "#" * 2000}))


def test_the_last_revision_counts_by_its_number() -> None:
    def secret(revision: int, status: str) -> tuple[ResourceKey, dict[str, Any]]:
        key = ResourceKey("prod", "", "Secret", "shop", f"sh.helm.release.v1.web.v{revision}")
        return key, {"labels": {"owner": "helm", "status": status}}

    found = [(key, one) for key, m in (secret(9, "superseded"), secret(10, "deployed")) if (one := release_of(key, m))]
    assert [one.revision for one in latest(found).values()] == [10]
    gone = [(key, one) for key, m in (secret(1, "deployed"), secret(2, "uninstalled")) if (one := release_of(key, m))]
    assert latest(gone) == {}
