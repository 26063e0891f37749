"""`python -m bench [SIZE...] [--policies] [--no-kubectl]`: prints Markdown tables; sizes default to 1000.

`python -m bench policy` measures the policy engines instead.
"""

from __future__ import annotations

import argparse
import platform

from bench import audit, policy


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", default=["1000"], metavar="SIZE|policy")
    parser.add_argument("--policies", action="store_true", help="with twenty policies")
    parser.add_argument("--no-kubectl", action="store_true", help="without the peer: it takes a minute at 10,000")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}\n")
    for what in chosen.what:
        if what == "policy":
            print(policy.run(), "\n")
        else:
            print(audit.run(int(what), policies=chosen.policies, has_kubectl=not chosen.no_kubectl), "\n")


main()
