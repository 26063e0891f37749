"""Git: a repository at a revision, as files with their last commits."""

from gitops_audit.source.checkout import Blob, Checkout
from gitops_audit.source.opener import Opener, open_source

__all__ = ["Blob", "Checkout", "Opener", "open_source"]
