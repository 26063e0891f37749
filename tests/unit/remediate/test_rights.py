"""The least Roles of a plan, by cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from gitops_audit.cli.main import cli
from gitops_audit.remediate.document import Plan, Scope
from gitops_audit.remediate.plan_file import PlanFile
from gitops_audit.remediate.rights import roles
from tests.unit.remediate.test_order import DEPLOYMENT, SERVICE, action

EU = replace(action(DEPLOYMENT), cluster="eu", plural="deployments")
US = replace(action(SERVICE), cluster="us", plural="services")


def test_each_cluster_has_roles_of_its_own() -> None:
    found = roles([EU, US])
    kinds = {
        name: {resource for role in of_cluster for rule in role["rules"] for resource in rule["resources"]}
        for name, of_cluster in found.items()
    }
    assert kinds == {"eu": {"deployments", "leases"}, "us": {"services", "leases"}}


@pytest.mark.parametrize(("options", "clusters"), [((), ["eu", "us"]), (("--cluster", "us"), ["us"])])
def test_they_are_printed_under_its_name(tmp_path: Path, options: tuple[str, ...], clusters: list[str]) -> None:
    with PlanFile(tmp_path / "plan.json") as file:
        file.write(Plan(Scope(), (), (), (EU, US)).sealed(datetime(2026, 3, 1, tzinfo=UTC)))
    said = CliRunner().invoke(cli, ["remediate", "rbac", str(tmp_path / "plan.json"), *options]).stdout
    assert [line.removeprefix("# for cluster ") for line in said.splitlines() if line.startswith("#")] == clusters
    assert len(list(yaml.safe_load_all(said))) == 2 * len(clusters)


def test_a_cluster_that_is_not_of_the_plan_is_told(tmp_path: Path) -> None:
    with PlanFile(tmp_path / "plan.json") as file:
        file.write(Plan(Scope(), (), (), (EU,)).sealed(datetime(2026, 3, 1, tzinfo=UTC)))
    done = CliRunner().invoke(cli, ["remediate", "rbac", str(tmp_path / "plan.json"), "--cluster", "asia"])
    assert (done.exit_code, "writes nothing to cluster 'asia', but to eu" in done.output) == (2, True)
