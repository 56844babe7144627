"""Lockdown: what a decoding child gives up before it sees a byte. All of it, or nothing is decoded.

The filter is a small BPF program of our own, so nothing has to be installed for it. Numbers are
those of the kernel's system-call tables; flags are from its prctl, seccomp and clone headers.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass

from safelight.imaging.limits import Limits

NOBODY = 65534

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522

KILL = 0x80000000
ERRNO = 0x00050000
ALLOW = 0x7FFF0000

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
AT_NUMBER, AT_MACHINE, AT_FIRST_ARGUMENT = 0, 4, 16
CLONE_THREAD = 0x00010000
PROT_EXEC = 4
X32_CALLS = 0x40000000


class LockdownFailed(Exception):
    """A wall could not be put up."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The audit number of a processor and its numbers for the calls we name."""

    audit: int
    allowed: tuple[int, ...]
    killed: tuple[int, ...]
    mmap: int
    mprotect: int
    clone: int
    clone3: int
    for_threads: tuple[int, ...]


# allowed: read write close fstat brk munmap mremap madvise futex exit exit_group rt_sigreturn
#   rt_sigaction rt_sigprocmask sigaltstack clock_gettime getrandom sched_yield getpid gettid
# killed: execve execveat ptrace, and fork vfork where the processor has them
# for_threads (HEIC): set_robust_list rseq sched_getaffinity clock_nanosleep
MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        allowed=(0, 1, 3, 5, 12, 11, 25, 28, 202, 60, 231, 15, 13, 14, 131, 228, 318, 24, 39, 186),
        killed=(59, 322, 101, 57, 58),
        mmap=9,
        mprotect=10,
        clone=56,
        clone3=435,
        for_threads=(273, 334, 204, 230),
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        allowed=(
            *(63, 64, 57, 80, 214, 215, 216, 233, 98, 93, 94, 139, 134, 135, 132, 113, 278, 124),
            *(172, 178),
        ),
        killed=(221, 281, 117),
        mmap=222,
        mprotect=226,
        clone=220,
        clone3=435,
        for_threads=(99, 293, 123, 115),
    ),
}


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _answer(number: int, verdict: int) -> bytes:
    return _step(EQUAL, number, 0, 1) + _step(RETURN, verdict)


def _by_bit(number: int, argument: int, bit: int, *, when_set: int, else_: int) -> bytes:
    offset = AT_FIRST_ARGUMENT + 8 * argument
    return (
        _step(EQUAL, number, 0, 4)
        + _step(LOAD, offset)
        + _step(ANY_BIT, bit, 0, 1)
        + _step(RETURN, when_set)
        + _step(RETURN, else_)
    )


def filter_program(*, threads: bool) -> bytes:
    """Return the system-call filter: a short list is allowed, starting anything else is fatal.

    Memory never becomes executable. Threads (HEIC needs them) are allowed only as `clone` with
    CLONE_THREAD, because the flags of `clone3` lie where a filter cannot look.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise LockdownFailed("no filter for this processor")
    refuse = ERRNO | errno.EPERM
    steps = [
        _step(LOAD, AT_MACHINE),
        _step(EQUAL, machine.audit, 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, AT_NUMBER),
        _step(AT_LEAST, X32_CALLS, 0, 1),
        _step(RETURN, KILL),
    ]
    steps += [_answer(number, KILL) for number in machine.killed]
    steps += [_answer(number, ALLOW) for number in machine.allowed]
    if threads:
        steps += [_answer(number, ALLOW) for number in machine.for_threads]
        steps += [_by_bit(machine.clone, 0, CLONE_THREAD, when_set=ALLOW, else_=KILL)]
    else:
        steps += [_answer(machine.clone, KILL)]
    steps += [_answer(machine.clone3, ERRNO | errno.ENOSYS)]
    steps += [_by_bit(machine.mmap, 2, PROT_EXEC, when_set=refuse, else_=ALLOW)]
    steps += [_by_bit(machine.mprotect, 2, PROT_EXEC, when_set=refuse, else_=ALLOW)]
    return b"".join([*steps, _step(RETURN, refuse)])


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int, pointer: object = None) -> None:
    place = ctypes.byref(pointer) if isinstance(pointer, ctypes.Structure) else None
    none = ctypes.c_ulong(0)
    if _libc.prctl(option, ctypes.c_ulong(value), place or none, none, none) != 0:
        raise LockdownFailed(f"prctl {option}: {errno.errorcode.get(ctypes.get_errno(), '?')}")


def _become_nobody() -> None:
    """Change to a user who owns nothing, where the kernel lets us, and drop every capability."""
    if os.geteuid() == 0:
        changes: tuple[Callable[[], None], ...] = (
            lambda: os.setgroups([]),
            lambda: os.setresgid(NOBODY, NOBODY, NOBODY),
            lambda: os.setresuid(NOBODY, NOBODY, NOBODY),
        )
        for change in changes:
            try:
                change()
            except OSError as problem:  # a namespace with one user has no nobody: see capset below
                if problem.errno not in (errno.EINVAL, errno.EPERM):
                    raise LockdownFailed("could not change user") from problem
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, bytes(24)) != 0:
        raise LockdownFailed("could not drop capabilities")


def _limit_resources(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _close_all_but(keep: int) -> None:
    os.closerange(0, keep)
    os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _prove() -> None:
    """Try what must not work. Only the filter answers EPERM here; a limit would answer EMFILE."""
    try:
        os.open("/", os.O_RDONLY)
    except PermissionError as refused:
        if refused.errno == errno.EPERM:
            return
    except OSError:
        pass
    raise LockdownFailed("the filter does not hold")


def lock_down(program: bytes, limits: Limits, *, keep: int) -> None:
    """Give up everything but memory, arithmetic and the one open descriptor `keep`.

    Raises LockdownFailed when any wall cannot be put up, and tries the filter before trusting it.
    """
    try:
        _close_all_but(keep)
        _become_nobody()
        _prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        _prctl(PR_SET_DUMPABLE, 0)
        _limit_resources(limits)
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, _Program(len(program) // 8, program))
    except (OSError, ValueError) as problem:
        raise LockdownFailed(type(problem).__name__) from problem
    _prove()
