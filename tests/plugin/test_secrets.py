"""A Secret's value appears in nothing this tool writes."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet import Deployed, manifest

DECLARED = "marker-of-the-declared-value"
LIVE = "marker-of-the-live-value"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def traces() -> list[bytes]:
    """Every form in which a value could show: as it is, in base64, and the middle of its base64."""
    plain = [DECLARED.encode(), LIVE.encode()]
    encoded = [base64.b64encode(value) for value in plain]
    return [*plain, *encoded, *(e[4:-8] for e in encoded)]


@pytest.fixture
def leaky(shop: Deployed) -> Deployed:
    """Secrets in every form in Git, all of them changed in the cluster."""
    data = base64.b64encode(DECLARED.encode()).decode()
    applied = manifest("Secret", "applied", data={"k": data})
    annotated = manifest("Secret", "applied", data={"k": data})
    annotated["metadata"]["annotations"] = {APPLIED: str(applied).replace("'", '"')}
    for body in (manifest("Secret", "encoded", data={"k": data}), annotated):
        shop.client.apply(body, namespace="shop")
    shop.commit(
        {
            "apps/encoded.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: encoded}}\ndata: {{k: {data}}}\n",
            "apps/applied.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: applied}}\ndata: {{k: {data}}}\n",
            "apps/text.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: text}}\nstringData: {{k: {DECLARED}}}",
            "apps/bad.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: bad}}\ndata: {{k: '%{DECLARED}'}}\n",
            "apps/wrong.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: wrong}}\nstringData: [{DECLARED}]\n",
            "apps/broken.yaml": f"apiVersion: v1\nkind: Secret\nstringData: {{k: {DECLARED}\n",
        }
    )
    for name in ("encoded", "applied"):
        shop.patch("Secret", name, {"stringData": {"k": LIVE}})
    return shop


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not {".git", "apps"} & set(path.relative_to(folder).parts):
            data = path.read_bytes()
            yield str(path), gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-vv", "--showlocals", "--tb=long"),
        ("-n", "2", "--showlocals"),
        ("--gitops-split-checks", "-vv"),
        ("--full-trace", "--log-level=DEBUG", "-s"),
    ],
)
def test_no_output_of_pytest_shows_a_value(
    pytester: pytest.Pytester, leaky: Deployed, options: tuple[str, ...]
) -> None:
    result = pytester.runpytest_subprocess(
        "gitops-audit.yaml", "--junitxml=j.xml", "--gitops-json=r.json", "--gitops-junit=d.xml", *options
    )
    output = (result.stdout.str() + result.stderr.str()).encode()
    assert b"Secret/shop/encoded" in output
    assert b"redacted" in output
    files = dict(written(pytester.path))
    assert any(name.endswith("r.json") for name in files)
    for trace in traces():
        assert trace not in output
        for name, data in files.items():
            assert trace not in data, name
