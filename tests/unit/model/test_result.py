"""What a summary says of sources of which nothing was evaluated."""

from __future__ import annotations

from gitops_audit.model.result import FEW_SOURCES, Summary


def test_few_sources_are_told_one_by_one_and_many_of_a_cluster_once() -> None:
    few = {("prod", f"s{n}"): False for n in range(FEW_SOURCES)}
    many = {("dev", f"s{n}"): False for n in range(60)}
    told = Summary(evaluated=few | many | {("dev", "fine"): True}).unevaluated

    assert len(told) == FEW_SOURCES + 1
    assert all("may lack a cluster, a policy, or the CustomResourceDefinition" in sentence for sentence in told)
    assert told[-1].startswith("nothing of 60 sources was evaluated for cluster dev: ")
    assert told[-1].endswith("s0, s1, s2, s3 and 56 more (the JSON report names all) [GA231]")
