"""Objects of many kinds, valid ones and such as a rule of the API server's validation refuses."""

from __future__ import annotations

from tests.e2e.validation_cases.batch_and_network import batch_and_network
from tests.e2e.validation_cases.containers_and_volumes import containers_and_volumes
from tests.e2e.validation_cases.definitions import definitions
from tests.e2e.validation_cases.objects import Case
from tests.e2e.validation_cases.pods_and_workloads import pods_and_workloads
from tests.e2e.validation_cases.policies_roles_data_storage_and_metadata import policies_roles_data_storage_and_metadata

__all__ = ["Case", "cases"]


def cases() -> list[Case]:
    found = (
        containers_and_volumes(),
        pods_and_workloads(),
        batch_and_network(),
        policies_roles_data_storage_and_metadata(),
        definitions(),
    )
    return [
        (label, {key: value for key, value in body.items() if value is not None})
        for part in found
        for label, body in part
    ]
