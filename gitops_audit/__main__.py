"""`python -m gitops_audit` is the command line."""

from gitops_audit.cli.main import main

main()
