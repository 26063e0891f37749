"""Runs a program that has no network, and sees only the folders it is given, as far as the system can do that.

A script of its own, run as `python -I -S launcher.py PARENT HOME... - FOLDER... -- PROGRAM ARGUMENT...`: a process can
give up its network (a namespace of its own, in which even loopback is down) and its files (Landlock) only for itself,
before it becomes the program. HOMEs may be written, FOLDERs are read, and programs of the system run. What the kernel
does not offer is left as it is; what the program is asked to do was checked before. It ends with the process PARENT,
which started it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
# The numbers of landlock(7) are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# All access rights of the first version of Landlock.
_ALL = (1 << 13) - 1
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix", "/snap", "/Library")
_SYSTEM_FILES = ("/etc/localtime", "/etc/ld.so.cache", "/etc/ld.so.preload", "/dev/urandom", "/dev/random")


def main(arguments: list[str]) -> None:
    """Becomes the program. Ends with 127, and the reason on stderr, where there is none."""
    split = arguments.index("--")
    middle = arguments.index("-")
    parent, *homes = arguments[:middle]
    folders = arguments[middle + 1 : split]
    program = arguments[split + 1 :]
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        _leave_network(libc)
        # Nobody else ends the program of a run that was killed. A change of the user (above) would take this back.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):  # it was killed before that
            os.kill(os.getpid(), signal.SIGKILL)
        _leave_files(libc, homes, [*folders, *_SYSTEM])
    try:
        os.execv(program[0], program)  # noqa: S606 - there is no shell to start
    except OSError as error:
        sys.stderr.write(f"{program[0]} cannot be run: {error.strerror}\n")
        sys.exit(127)


def _leave_network(libc: ctypes.CDLL) -> None:
    """Who may not make a network namespace as he is, may in a user namespace of his own."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            return


def _leave_files(libc: ctypes.CDLL, homes: list[str], folders: list[str]) -> None:
    attributes = struct.pack("=Q", _ALL)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return
    for home in homes:
        _allow(libc, rules, home, _ALL)
    _allow(libc, rules, "/dev/null", _OF_A_FILE)
    for folder in (*folders, *_SYSTEM_FILES):
        _allow(libc, rules, folder, _READ)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        access &= _OF_A_FILE
    libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0)
    os.close(place)


if __name__ == "__main__":
    main(sys.argv[1:])
