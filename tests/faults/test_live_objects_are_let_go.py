"""An audit that nobody asks for live objects keeps none once a cluster is judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.engine.audit import Audit
from tests.audited import repository


@pytest.mark.parametrize("keeps_live", [True, False])
def test_live_objects_go_with_their_cluster_unless_own_checks_want_them(tmp_path: Path, keeps_live: bool) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
    config = "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources: [{name: shop, path: apps}]\n"
    repository(tmp_path, {"gitops-audit.yaml": config, "apps/a.json": json.dumps(body)})
    (tmp_path / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [body]}))
    audit = Audit(load(tmp_path / "gitops-audit.yaml"))
    try:
        audit.prepare()
        list(audit.run(keeps_live=keeps_live))
        assert (audit.live(audit.resources[0]) is not None) is keeps_live
    finally:
        audit.close()
