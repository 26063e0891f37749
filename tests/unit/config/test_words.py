"""Repositories, pointers and suggestions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_audit.config.pointer import pointer_fault
from gitops_audit.config.repository import is_url, transport_fault, without_user_info
from gitops_audit.config.suggest import closest, did_you_mean, listed


@pytest.mark.parametrize(
    ("repo", "shown"),
    [
        ("https://example.com/x.git", "https://example.com/x.git"),
        ("https://ada@example.com/x", "https://example.com/x"),
        ("https://ada:s3cret@example.com/x", "https://example.com/x"),
        ("https://ada:p@ss@example.com/x", "https://example.com/x"),
        ("https://example.com/x?token=s3cret#s3cret", "https://example.com/x"),
        ("https://ada:s3cret@example.com", "https://example.com"),
        ("HTTPS://ada:s3cret@example.com/x", "HTTPS://example.com/x"),
        ("ssh://git@example.com:22/x.git", "ssh://example.com:22/x.git"),
        ("git@example.com:team/x.git", "example.com:team/x.git"),
        ("example.com:team/x@2.git", "example.com:team/x@2.git"),
        ("ssh://git@[::1]:22/x", "ssh://[::1]:22/x"),
        ("git@[::1]:x", "[::1]:x"),
    ],
)
def test_a_url_is_known_and_shown_without_who_uses_it(repo: str, shown: str) -> None:
    assert is_url(repo)
    assert transport_fault(repo) == ""
    assert without_user_info(repo) == shown


@pytest.mark.parametrize("repo", ["", ".", "../x", "/srv/git/x.git", "~/x", "./a:b", "x", "a@b", "dir/a:b"])
def test_everything_else_is_a_path(repo: str) -> None:
    assert not is_url(repo)
    assert without_user_info(repo) == repo


@pytest.mark.parametrize(
    ("repo", "fault"),
    [
        ("ext::sh -c id", "uses the transport helper `ext::`"),
        ("EXT::sh", "uses the transport helper `EXT::`"),
        ("fd::7", "uses the transport helper `fd::`"),
        ("https::x", "uses the transport helper `https::`"),
        ("file:///etc", "uses the transport 'file'"),
        ("ftp://h/x", "uses the transport 'ftp'"),
        ("--upload-pack=x", "starts with `-`"),
        ("-x:y", "starts with `-`"),
        ("ssh://-oProxyCommand=x/y", "names a host that starts with `-`"),
        ("ssh://git@-oProxyCommand=x/y", "names a host that starts with `-`"),
        ("git@-oProxyCommand=x:y", "names a host that starts with `-`"),
        ("https:///x", "names no host"),
        ("https://[x/y", "is no valid URL"),
        ("https://h/\x1b[31m", "holds characters that cannot be printed"),
        ("https://h/x\nfile:///etc", "holds characters that cannot be printed"),
    ],
)
def test_what_could_run_a_program_or_mislead_git_is_refused(repo: str, fault: str) -> None:
    assert transport_fault(repo).startswith(fault)


@given(user=st.text("abc%:@-._", max_size=8), path=st.text("abc/@:.", max_size=8))
def test_nothing_before_the_host_is_ever_shown(user: str, path: str) -> None:
    assert "S3CRET" not in without_user_info(f"https://{user}S3CRET{user}@example.com/{path}")


@pytest.mark.parametrize(
    "pointer",
    [
        "/spec",
        "/spec/replicas",
        "/spec/template/spec/containers/[name=web]/image",
        "/spec/ports/[port=80,protocol=TCP]/nodePort",
        "/spec/containers/*/image",
        "/spec/containers/0/image",
        "/metadata/annotations/example.com~1owner",
        "/data/a~0b",
        "/env/[name=a~1b]/value",
        "/metadata/annotations/example.com~1*",
        "/spec/containers/[name=istio-*]",
        "/*",
    ],
)
def test_sound_pointers_are_accepted(pointer: str) -> None:
    assert pointer_fault(pointer) == ("", "")


@pytest.mark.parametrize(
    ("pointer", "fault", "hint"),
    [
        ("spec/replicas", "is no pointer: it must start with `/`", "did you mean '/spec/replicas'?"),
        (".spec.replicas", "is no pointer: it must start with `/`", "did you mean '/spec/replicas'?"),
        ("/", "has an empty segment", ""),
        ("/spec//x", "has an empty segment", ""),
        ("/spec/", "has an empty segment", ""),
        ("/spec/c[name=web]", "has a bracket within a segment", "did you mean '/spec/c/[name=web]'?"),
        ("/spec/[name=web]x", "has a bracket within a segment", "did you mean '/spec/[name=web]/x'?"),
        ("/spec/[name=", "has a bracket within a segment", ""),
        ("/env/[name=a/b]/value", "has the selector '[name=a/b]'", "write `~0` for `~` and `~1` for `/`"),
        ("/spec/[name]", "has the selector '[name]'", "write [key=value], for example [name=web]"),
        ("/spec/[=web]", "has the selector '[=web]'", "write [key=value], for example [name=web]"),
        ("/spec/[name=]", "has the selector '[name=]'", "write [key=value], for example [name=web]"),
        ("/spec/[a=b,c]", "has the selector '[a=b,c]'", "write [key=value], for example [name=web]"),
        ("/spec/~", "has the segment '~'", "write `~0` for `~` and `~1` for `/`"),
        ("/a~2b", "has the segment 'a~2b'", "write `~0` for `~` and `~1` for `/`"),
    ],
)
def test_malformed_pointers_are_told_with_what_to_write(pointer: str, fault: str, hint: str) -> None:
    assert pointer_fault(pointer) == (fault, hint)


@pytest.mark.parametrize("segment", ["x*", "[name=istio-*]", "[name=*]"])
def test_where_the_reader_takes_no_globs_a_star_is_a_whole_segment(segment: str) -> None:
    fault, hint = pointer_fault(f"/spec/{segment}/x", has_globs=False)
    assert (segment in fault, hint) == (True, "`*` stands for a whole segment only")
    assert pointer_fault("/spec/*/x", has_globs=False) == ("", "")


@given(st.text("/[]=*~,.ab01", max_size=30))
def test_every_pointer_gets_an_answer_and_every_suggestion_is_sound(pointer: str) -> None:
    _, hint = pointer_fault(pointer)
    if hint.startswith("did you mean"):
        assert pointer_fault(hint.removeprefix("did you mean '").removesuffix("'?")) == ("", "")


def test_a_suggestion_is_the_closest_word_whatever_its_case() -> None:
    assert did_you_mean("FAILON", ["failOn", "mode"]) == "did you mean 'failOn'?"
    assert did_you_mean("zzz", ["failOn", "mode"]) == ""
    assert closest("relaese", ["main", "release"]) == ["release"]


def test_no_candidates_are_listed_as_none() -> None:
    assert (listed([]), listed(["a", "b"])) == ("none", "a, b")
