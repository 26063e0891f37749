"""All cases of the Pod Security Standards."""

from __future__ import annotations

from tests.unit.policy.pod_security.baseline_cases import BASELINE_CASES
from tests.unit.policy.pod_security.case import Case
from tests.unit.policy.pod_security.restricted_cases import RESTRICTED_CASES

CASES: tuple[Case, ...] = (*BASELINE_CASES, *RESTRICTED_CASES)
