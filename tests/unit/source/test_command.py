from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gitops_audit.source.command import GitCommand, GitFailedError


def test_importing_the_package_does_not_import_gitpython() -> None:
    code = "import sys, gitops_audit.source; sys.exit('git' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_what_git_complains_about_is_told() -> None:
    said = "Cloning into 'x'...\nwarning: dull\nfatal: repository not found\nremote: \x1b[31mno\x1b[0m\n"
    assert GitCommand(Path()).scrubbed(said) == "fatal: repository not found; remote:  [31mno [0m"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("fatal: unable to access 'https://ada:s3cret@h/x/': no", "fatal: unable to access 'https://h/x/': no"),
        ("fatal: could not read Password for 'https://t0ken@h'", "fatal: could not read Password for 'https://h'"),
        ("fatal: s3cret in the open", "fatal: *** in the open"),
        ("", ""),
    ],
)
def test_credentials_are_in_no_message(said: str, told: str) -> None:
    assert GitCommand(Path(), ("s3cret",)).scrubbed(said) == told
    assert "s3cret" not in repr(GitCommand(Path(), ("s3cret",)))


def test_a_folder_that_vanished_never_means_the_current_one(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match="cannot change to"):
        GitCommand(tmp_path / "gone").output("rev-parse", "--git-dir")


@pytest.mark.parametrize("argument", ["a" * 300_000, "a\0b"], ids=["too long", "NUL"])
def test_an_argument_that_no_program_can_be_given_is_a_failure_of_git(tmp_path: Path, argument: str) -> None:
    with pytest.raises(GitFailedError, match="git cannot be started"):
        GitCommand(tmp_path).output("rev-parse", argument)
    with pytest.raises(GitFailedError, match="git cannot be started"):
        GitCommand(tmp_path).start("rev-parse", argument)
