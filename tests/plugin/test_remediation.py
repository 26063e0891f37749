"""`pytest --gitops-remediate`: a plan, or a repair that somebody approved, with what was done beside what was found."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.fleet import NAMESPACE, Deployed, manifest

SCALED = {"spec": {"replicas": 7}}
VALUES = ("marker-of-git", "marker-by-hand")
CRASHING = """
from gitops_audit.live import writer

def crash(self, target, operations, manager):
    if target.key.kind != "Secret":
        return patch(self, target, operations, manager)
    password = operations[-1]["value"]
    raise {error}(f"crashed beside {{len(password)}} characters")

patch, writer.Writer.patch = writer.Writer.patch, crash
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def drifted(shop: Deployed) -> Deployed:
    shop.patch("Deployment", "web", SCALED, "apps/v1", manager="kubectl-edit")
    return shop


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("gitops-audit.yaml", "-p", "no:cacheprovider", *options)


def consent(shop: Deployed, **remediation: object) -> None:
    path = shop.root / "gitops-audit.yaml"
    path.write_text(path.read_text() + f"remediation: {json.dumps({'autoApprove': True, **remediation})}\n")


def replicas(shop: Deployed) -> int:
    live = shop.client.request("GET", shop.client.path(manifest("Deployment", "web", "apps/v1"), NAMESPACE))
    found: int = live["spec"]["replicas"]
    return found


def report(pytester: pytest.Pytester) -> dict[str, dict[str, object] | None]:
    resources = json.loads((pytester.path / "report.json").read_text())["resources"]
    return {f"{r['kind']}/{r['name']}": r["remediation"] for r in resources}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_plan_is_shown_written_and_told_and_nothing_is_done(
    pytester: pytest.Pytester, drifted: Deployed, workers: str
) -> None:
    result = run(
        pytester, "--gitops-remediate=plan", "--gitops-plan=plan.json", "--gitops-json=report.json", f"-n{workers}"
    )

    result.assert_outcomes(passed=3, failed=1)
    plan = json.loads((pytester.path / "plan.json").read_text())
    result.stdout.fnmatch_lines(
        [
            "*remediation: apply, planned*",
            "Plan: 1 apply; 0 refused",
            "*~ spec.replicas: 7 -> 3*",
            f"apply it with: --gitops-remediate=apply --gitops-plan=plan.json --gitops-approve={plan['digest']}",
        ]
    )
    assert result.stdout.str().count("Plan: 1 apply") == 1
    assert report(pytester)["Deployment/web"] == {"action": "apply", "result": "planned", "run": "", "message": ""}
    assert replicas(drifted) == 7


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_approved_plan_is_carried_out_once_and_the_drift_stays_in_the_report(
    pytester: pytest.Pytester, drifted: Deployed, workers: str
) -> None:
    run(pytester, "--gitops-remediate=plan", "--gitops-plan=plan.json")
    digest = json.loads((pytester.path / "plan.json").read_text())["digest"]
    files = ("--gitops-json=report.json", "--junitxml=own.xml", "--gitops-junit=suites.xml")
    approved = ("--gitops-remediate=apply", "--gitops-plan=plan.json", f"--gitops-approve={digest}")

    result = run(pytester, *approved, *files, f"-n{workers}")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*spec.replicas: 3 -> 7*", "*remediation: apply, done by run *", "1 done"])
    assert replicas(drifted) == 3
    done = report(pytester)["Deployment/web"]
    assert done is not None
    assert (done["action"], done["result"]) == ("apply", "done")
    for name in ("own.xml", "suites.xml"):
        properties = {p.get("name"): p.get("value") for p in ET.parse(pytester.path / name).iter("property")}  # noqa: S314
        assert properties["remediation.run"] == done["run"]
    run(pytester).assert_outcomes(passed=4)


def test_with_consent_a_repair_needs_no_digest_and_may_be_enough(pytester: pytest.Pytester, drifted: Deployed) -> None:
    consent(drifted, outcome="pass")

    result = run(pytester, "--gitops-remediate=apply", "--gitops-json=report.json", "-rA")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*spec.replicas: 3 -> 7*", "1 done"])
    assert replicas(drifted) == 3
    assert report(pytester)["Deployment/web"] is not None


def test_without_consent_or_digest_nothing_is_done(pytester: pytest.Pytester, drifted: Deployed) -> None:
    result = run(pytester, "--gitops-remediate=apply")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["ERROR: nobody approved the plan*GA522*", "*remediation.autoApprove: true*"])
    assert replicas(drifted) == 7


def test_only_what_was_selected_is_repaired(pytester: pytest.Pytester, drifted: Deployed) -> None:
    consent(drifted)
    drifted.patch("ConfigMap", "settings", {"data": {"mode": "slow"}}, manager="kubectl-edit")

    run(pytester, "--gitops-remediate=apply", "-k", "ConfigMap").assert_outcomes(failed=1, deselected=3)

    assert replicas(drifted) == 7
    run(pytester, "-k", "ConfigMap").assert_outcomes(passed=1, deselected=3)


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan"])
def test_what_runs_no_test_repairs_nothing(pytester: pytest.Pytester, drifted: Deployed, option: str) -> None:
    consent(drifted)

    run(pytester, "--gitops-remediate=apply", option)

    assert replicas(drifted) == 7


def test_after_an_error_of_the_collection_nothing_is_repaired(pytester: pytest.Pytester, drifted: Deployed) -> None:
    consent(drifted)
    pytester.makepyfile(test_broken="import nothing_of_this_name")

    run(pytester, "test_broken.py", "--gitops-remediate=apply", "--continue-on-collection-errors")

    assert replicas(drifted) == 7


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("error", ["", "AssertionError", "KeyboardInterrupt"])
def test_the_local_variables_of_a_repair_show_no_value_of_a_secret(
    pytester: pytest.Pytester, shop: Deployed, state: Path, error: str, workers: str
) -> None:
    """With all that pytest tells of a crash beside one."""
    consent(shop)
    secret = {**manifest("Secret", "db"), "stringData": {"password": VALUES[0]}}
    shop.commit({"apps/db.yaml": json.dumps(secret)})
    shop.client.apply(secret, namespace=NAMESPACE)
    shop.patch("Secret", "db", {"stringData": {"password": VALUES[1]}}, manager="kubectl-edit")
    pytester.makepyfile(crashing=CRASHING.format(error=error) if error else "")
    told = ("--showlocals", "--tb=long", "--full-trace", "-vv", "-rA", "-p", "crashing", "--gitops-plan=plan.json")

    result = run(pytester, "--gitops-remediate=apply", "--gitops-json=report.json", f"-n{workers}", *told)

    files = [path for folder in (state, pytester.path) for path in folder.rglob("*.json*") if path.is_file()]
    shown = "".join([result.stdout.str(), result.stderr.str(), *(path.read_text() for path in files)])
    forms = [form for value in VALUES for form in (value, base64.b64encode(value.encode()).decode())]
    assert [form for form in forms if form in shown] == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--gitops-plan=p.json",), "need --gitops-remediate"),
        (("--gitops-approve=sha256:0",), "need --gitops-remediate"),
        (
            ("--gitops-remediate=plan", "--gitops-approve=sha256:0", "--gitops-plan=p"),
            "goes with --gitops-remediate=apply",
        ),
        (("--gitops-remediate=apply", "--gitops-approve=sha256:0"), "needs --gitops-plan FILE"),
        (("--gitops-remediate=apply", "--gitops-approve=sha256:0", "--gitops-plan=none.json"), "cannot be read"),
        (("--gitops-remediate=plan", "--gitops-plan=missing/folder/plan.json"), "cannot be written"),
        (("--gitops-remediate=plan", "--gitops-offline"), "leave out --gitops-offline"),
        (("--gitops-remediate=plan", "--gitops-mode=strict"), "leave out --gitops-mode"),
        (("--gitops-remediate=plan", "--gitops-shard=1/2"), "leave out --gitops-shard"),
        (("--gitops-remediate=plan", "-n2", "-k", "web"), "with xdist repairs all"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    pytester: pytest.Pytester, shop: Deployed, options: tuple[str, ...], reason: str
) -> None:
    result = run(pytester, *options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert reason in result.stderr.str() + result.stdout.str()


def test_a_plan_that_nobody_approved_is_not_applied(pytester: pytest.Pytester, drifted: Deployed) -> None:
    run(pytester, "--gitops-remediate=plan", "--gitops-plan=plan.json")

    result = run(pytester, "--gitops-remediate=apply", "--gitops-plan=plan.json", "--gitops-approve=sha256:0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "not the approved sha256:0" in result.stderr.str()
    assert replicas(drifted) == 7


def test_a_remediation_without_an_audit_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")

    result = pytester.runpytest_subprocess("--gitops-remediate=plan")

    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_what_a_guard_refuses_stays_as_it_is_and_is_told_at_its_test(
    pytester: pytest.Pytester, drifted: Deployed
) -> None:
    consent(drifted, maxChanges=0, outcome="pass")

    result = run(pytester, "--gitops-remediate=apply", "--gitops-json=report.json")

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*remediation: apply, refused: a guard refuses the plan*", "ERROR: *GA505*"])
    assert replicas(drifted) == 7
