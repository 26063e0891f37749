"""`python -m bench [SIZE...] [--policies] [--no-kubectl]`: prints Markdown tables; sizes default to 1000."""

from __future__ import annotations

import argparse
import platform

from bench import audit


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000])
    parser.add_argument("--policies", action="store_true", help="with two policy packs")
    parser.add_argument("--no-kubectl", action="store_true", help="without the peer: it takes a minute at 10,000")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}\n")
    for size in chosen.sizes:
        print(audit.run(size, policies=chosen.policies, has_kubectl=not chosen.no_kubectl), "\n")


main()
