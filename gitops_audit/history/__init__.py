"""What earlier runs knew: the baseline, a file in Git."""
