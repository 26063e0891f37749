"""`python -m bench WHAT [SIZE...]`: prints Markdown tables. Without arguments: the whole audit of 1,000 resources.

audit: the audit against its floor and against kubectl diff, on a real API server. clusters: five at once, three of them
faulty, beside one. drift: the same fleet as for audit with one resource in a hundred changed. html: writing the HTML
report, and what a person waits for in Chromium. items: what pytest costs beside the audit. policy: the policy engines
(no size). remediate: the repair of a fleet whose every resource was changed by hand, beside kubectl apply.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable

from bench import audit, clusters, drift, html_page, items, policy, remediate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        default="audit",
        choices=("audit", "clusters", "drift", "html", "items", "policy", "remediate"),
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[1000], metavar="SIZE")
    parser.add_argument("--policies", action="store_true", help="audit: with twenty policies")
    parser.add_argument(
        "--no-kubectl", action="store_true", help="audit: without the peer, which takes a minute at 10,000"
    )
    chosen = parser.parse_args()
    runs: dict[str, Callable[[int], str]] = {
        "audit": lambda size: audit.run(size, policies=chosen.policies, has_kubectl=not chosen.no_kubectl),
        "clusters": clusters.run,
        "drift": drift.run,
        "html": html_page.run,
        "items": items.run,
        "remediate": remediate.run,
    }
    print(f"Python {platform.python_version()}\n")
    for size in chosen.sizes:
        print(policy.run() if chosen.what == "policy" else runs[chosen.what](size), "\n")


main()
