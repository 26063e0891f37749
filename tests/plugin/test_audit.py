"""What a user sees who runs `pytest gitops-audit.yaml`."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from gitops_audit.pytest_plugin.terminal import MAX_SECTIONS
from tests.fleet import Deployed, manifest

SCALED = {"spec": {"replicas": 7}}


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("gitops-audit.yaml", "-p", "no:cacheprovider", *options)


def test_what_is_in_sync_passes(pytester: pytest.Pytester, shop: Deployed) -> None:
    result = run(pytester, "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["gitops-audit.yaml::test::shop::Deployment.apps/shop/web PASSED*"])
    result.stdout.fnmatch_lines(["4 resources; drift: 4 in-sync"])
    assert result.ret == 0


def test_drift_fails_with_the_field_both_values_who_and_where(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1", manager="kubectl-scale")
    result = run(pytester)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Deployment.apps/shop/web: modified*(cluster test, source shop)*",
            "*-  replicas: 3*",
            "*+  replicas: 7*",
            "*spec.replicas: 3 -> 7*",
            "*by kubectl-scale*",
            "*declared at apps/deployment-web.yaml:1, last commit * by Ann*Declare the shop*",
            "FAILED gitops-audit.yaml::test::shop::Deployment.apps/shop/web - spec.*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*AuditFinding*")
    assert result.ret == 1


@pytest.mark.parametrize("workers", ["0", "2"])
def test_of_very_many_findings_the_last_are_told_in_brief_and_reported_in_full(
    pytester: pytest.Pytester, shop: Deployed, workers: str
) -> None:
    names = [f"extra-{number:03d}" for number in range(MAX_SECTIONS + 2)]
    maps = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n" for name in names
    )
    shop.commit({"apps/many.yaml": maps})
    result = run(pytester, f"-n{workers}", "--junitxml=out.xml")
    assert result.stdout.str().count("declared in Git, not in the cluster") == MAX_SECTIONS
    result.stdout.fnmatch_lines([f"shown in full: {MAX_SECTIONS} of {len(names)} findings (-v shows all)"])
    failures = [f.text or "" for f in ET.parse(pytester.path / "out.xml").iter("failure")]  # noqa: S314
    assert len(failures) == len(names)
    assert all("declared in Git, not in the cluster" in text for text in failures)


def test_a_missing_resource_fails(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.delete("ConfigMap", "settings")
    result = run(pytester)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*ConfigMap/shop/settings: missing*"])


def test_what_may_not_be_read_is_an_error_and_never_a_pass(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.sandbox.user("nobody", rules=[])
    shop.sandbox.write_kubeconfig(pytester.path / "kubeconfig", user="nobody")
    result = run(pytester)
    assert result.parseoutcomes().get("passed", 0) == 0
    assert result.parseoutcomes()["errors"] == 4
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_cluster_that_is_down_makes_errors(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.sandbox.stop()
    result = run(pytester)
    result.assert_outcomes(errors=4)
    assert result.ret == 1


def test_a_broken_file_is_a_failure_of_its_own_and_the_rest_goes_on(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.commit({"apps/broken.yaml": "a: [1\n", "apps/note.yaml": "just: text\n"})
    result = run(pytester)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*invalid apps/broken.yaml:*"])


def test_a_revision_that_is_not_there_is_an_error(pytester: pytest.Pytester, shop: Deployed) -> None:
    result = run(pytester, "--gitops-revision=no-such-branch")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no-such-branch*"])


def test_an_audit_of_nothing_is_not_green(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.config.write_text(shop.config.read_text().replace("path: apps", "path: empty"))
    shop.commit({"empty/readme.txt": "nothing\n"})
    result = run(pytester)
    assert result.ret != 0
    assert result.parseoutcomes().get("passed", 0) == 0


def test_a_mistake_in_the_configuration_stops_with_its_line(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.config.write_text(shop.config.read_text().replace("sources:", "source:"))
    result = run(pytester)
    output = result.stdout.str() + result.stderr.str()
    assert "gitops-audit.yaml:4" in output
    assert "sources" in output
    assert "Traceback" not in output
    assert result.ret == 2


def test_a_bare_pytest_touches_no_cluster(pytester: pytest.Pytester, shop: Deployed) -> None:
    pytester.makepyfile("def test_other(): pass")
    before = len(shop.sandbox.requests)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert len(shop.sandbox.requests) == before


def test_the_configuration_can_be_named_by_an_option(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.config.rename(pytester.path / "other.yaml")
    pytester.makepyfile("def test_other(): raise AssertionError")
    pytester.runpytest_subprocess("--gitops-config=other.yaml").assert_outcomes(passed=4)


def test_node_ids_select_single_resources(pytester: pytest.Pytester, shop: Deployed) -> None:
    node = "gitops-audit.yaml::test::shop::Deployment.apps/shop/web"
    pytester.runpytest_subprocess(node).assert_outcomes(passed=1)


def test_k_and_m_and_x_and_last_failed_work(pytester: pytest.Pytester, shop: Deployed) -> None:
    run(pytester, "-k", "ConfigMap or Secret").assert_outcomes(passed=2, deselected=2)
    run(pytester, "-m", "drift").assert_outcomes(passed=4)
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    shop.delete("ConfigMap", "settings")
    assert run(pytester, "-x").parseoutcomes()["failed"] == 1
    pytester.runpytest_subprocess("gitops-audit.yaml").assert_outcomes(passed=2, failed=2)
    pytester.runpytest_subprocess("gitops-audit.yaml", "--lf").assert_outcomes(failed=2)


def test_checks_can_be_split_into_tests_of_their_own(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    result = run(pytester, "--gitops-split-checks", "-v")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines_random(
        ["*Deployment.apps/shop/web?drift? FAILED*", "*Deployment.apps/shop/web?schema? PASSED*"]
    )
    run(pytester, "--gitops-split-checks", "-m", "schema").assert_outcomes(passed=4, deselected=4)


def test_junit_carries_where_each_resource_comes_from(pytester: pytest.Pytester, shop: Deployed) -> None:
    run(pytester, "--junitxml=report.xml")
    root = ET.parse(pytester.path / "report.xml").getroot()  # noqa: S314 - our own file
    cases = list(root.iter("testcase"))
    assert len(cases) == 4
    for case in cases:
        properties = {p.get("name"): p.get("value") for p in case.iter("property")}
        assert properties["cluster"] == "test"
        assert properties["source"] == "shop"
        assert str(properties["file"]).startswith("apps/")
        assert properties["line"] == "1"
        assert len(str(properties["commit"])) == 40


def test_the_json_report_is_written(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1", manager="kubectl-scale")
    run(pytester, "--gitops-json=out/report.json", "--gitops-junit=out/junit.xml")
    report = json.loads((pytester.path / "out/report.json").read_text())
    assert report["summary"]["resources"] == 4
    web = next(r for r in report["resources"] if r["kind"] == "Deployment")
    (change,) = web["drift"]["changes"]
    assert (change["path"], change["declared"], change["live"]) == ("spec.replicas", 3, 7)
    assert change["by"]["manager"] == "kubectl-scale"
    assert web["origin"]["author"] == "Ann"
    assert (pytester.path / "out/junit.xml").is_file()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_xdist_reads_the_cluster_once(pytester: pytest.Pytester, shop: Deployed, workers: str) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    result = run(pytester, "-n", workers, "--gitops-json=report.json")
    result.assert_outcomes(passed=3, failed=1)
    read = [r for r in shop.sandbox.requests.matching("configmaps") if r.method == "GET"]
    assert len(read) == 1
    assert json.loads((pytester.path / "report.json").read_text())["summary"]["resources"] == 4


def test_a_finding_of_a_worker_reads_as_one_of_a_single_process(pytester: pytest.Pytester, shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    result = run(pytester, "-n", "2", "--color=yes", "--gitops-split-checks")
    output = result.stdout.str()
    assert "\x1b[31m    -  replicas: 3" in output
    assert "Deployment.apps/shop/web[drift]\x1b[0m - spec.replicas: 3 -> 7" in output


def test_own_checks_run_once_per_resource(pytester: pytest.Pytester, shop: Deployed) -> None:
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.mark.gitops(kind="Deployment", source="shop")
        def test_replicas(gitops_resource):
            assert gitops_resource.declared["spec"]["replicas"] == 3
            assert gitops_resource.live["spec"]["replicas"] == 3

        def test_all(gitops_resource):
            assert gitops_resource.verdict.outcome == "passed"
        """
    )
    pytester.runpytest_subprocess("gitops-audit.yaml", "test_own.py").assert_outcomes(passed=9)
    result = pytester.runpytest_subprocess("test_own.py")
    result.assert_outcomes(skipped=2)


def test_a_selector_that_is_none_is_refused(pytester: pytest.Pytester, shop: Deployed) -> None:
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.mark.gitops(knd="Deployment")
        def test_replicas(gitops_resource):
            pass
        """
    )
    result = pytester.runpytest_subprocess("gitops-audit.yaml", "test_own.py")
    assert "valid are kind, group" in result.stdout.str() + result.stderr.str()
    assert result.ret != 0


def test_importing_the_plugin_brings_no_heavy_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_light():
            assert not {"kubernetes", "git", "jsonschema", "jsonschema_rs", "rich", "click"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:html").assert_outcomes(passed=1)


def test_live_objects_that_no_source_declares_are_found_when_asked_for(
    pytester: pytest.Pytester, shop: Deployed
) -> None:
    shop.client.apply(manifest("ConfigMap", "left-over"), namespace="shop", manager="kubectl-create")
    with shop.config.open("a") as config:
        config.write("drift:\n  orphans: {enabled: true, namespaces: [shop]}\n")
    result = run(pytester)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*ConfigMap/shop/left-over: extra*", "*declared nowhere*shop*"])
    narrowed = run(pytester, "--gitops-source=shop")
    narrowed.assert_outcomes(passed=4)
    narrowed.stdout.fnmatch_lines(["note: undeclared objects were not looked for*"])
