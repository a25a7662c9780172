"""From a runtime's words for a state to what kind of state it is."""

from __future__ import annotations

from itertools import islice

from snowshed.model import Stack, StateClass, TaskState

__all__ = ["class_of", "state_in"]

_CLASSES: dict[str, StateClass] = {
    state: state_class
    for state_class, states in {
        StateClass.RUNNING: (TaskState.RUNNING,),
        StateClass.READY: (
            "runnable",
            "copystack",
            "preempted",
            TaskState.READY,
            TaskState.CREATED,
        ),
        StateClass.SYSCALL: ("syscall", "waiting for cgo callback"),
        StateClass.CHANNEL: (
            *("chan receive", "chan send", "select"),
            *("chan receive (nil chan)", "chan send (nil chan)", "select (no cases)"),
            *(TaskState.QUEUE_GET, TaskState.QUEUE_PUT, TaskState.QUEUE_JOIN),
            *(TaskState.CHANNEL_SEND, TaskState.CHANNEL_RECEIVE),
        ),
        StateClass.LOCK: (
            *("sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "semacquire"),
            *(TaskState.LOCK, TaskState.SEMAPHORE, TaskState.POOL),
        ),
        StateClass.WAIT: (
            *("sync.WaitGroup.Wait", "sync.Cond.Wait", "waiting", "leaked"),
            *(TaskState.EVENT, TaskState.CONDITION, TaskState.BARRIER, TaskState.THREAD),
            *(TaskState.WAIT_FOR, TaskState.GATHER, TaskState.AWAIT_TASK, TaskState.SCOPE),
            *(TaskState.FUTURE, TaskState.AWAIT_CYCLE),
        ),
        StateClass.IO: ("IO wait", TaskState.SOCKET),
        StateClass.TIMER: (TaskState.SLEEP,),
        StateClass.COROUTINE: ("coroutine",),
        StateClass.SYNCTEST: ("synctest.Run", "synctest.Wait"),
        StateClass.SYSTEM: (
            *("GC assist marking", "GC assist wait", "GC sweep wait", "GC scavenge wait"),
            *("GC worker (idle)", "GC worker (active)", "GC mark termination"),
            *("GC weak to strong wait", "garbage collection", "garbage collection scan"),
            *("wait for GC cycle", "force gc (idle)", "finalizer wait", "cleanup wait"),
            *("GOMAXPROCS updater (idle)", "trace reader (blocked)", "trace goroutine status"),
            *("trace proc status", "page trace flush", "flushing proc caches"),
            *("stopping the world", "dumping heap", "panicwait", "debug call", "idle"),
        ),
        StateClass.ENDED: ("dead", TaskState.DONE, TaskState.UNRETRIEVED),
    }.items()
    for state in states
}

# What a waiting goroutine waits for, by the first of these functions under `runtime.gopark`.
_WAITS_IN = {
    "runtime.chansend1": "chan send",
    "runtime.chansend": "chan send",
    "runtime.chanrecv1": "chan receive",
    "runtime.chanrecv2": "chan receive",
    "runtime.chanrecv": "chan receive",
    "runtime.selectgo": "select",
    "runtime.block": "select (no cases)",
    "time.Sleep": "sleep",
    "internal/poll.runtime_pollWait": "IO wait",
    "runtime.netpollblock": "IO wait",
    "internal/sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "sync.runtime_SemacquireRWMutexR": "sync.RWMutex.RLock",
    "sync.runtime_SemacquireRWMutex": "sync.RWMutex.Lock",
    "sync.runtime_SemacquireWaitGroup": "sync.WaitGroup.Wait",
    "sync.runtime_notifyListWait": "sync.Cond.Wait",
    "sync.runtime_Semacquire": "semacquire",
    "internal/synctest.Run": "synctest.Run",
    "internal/synctest.Wait": "synctest.Wait",
}
# What waits without being parked: the other side of `iter.Pull`, the loop behind `signal.Notify`,
# whoever is in C.
_WAITS_AT = {
    "runtime.corostart": "coroutine",
    "runtime.coroswitch": "coroutine",
    "runtime.notetsleepg": "syscall",
    "runtime.cgocall": "syscall",
}
_SYSCALLS = ("syscall.", "internal/runtime/syscall.", "runtime/internal/syscall.")
_FRAMES_AT_MOST = 9


def class_of(state: str) -> StateClass:
    """Return what kind of state ``state`` is.

    Args:
        state: status or reason for waiting in the words of the Go runtime, or a `TaskState`.

    Returns:
        `StateClass.OTHER` for a word that is not known: the list grows with every release of Go.
    """
    if state.endswith(" (durable)"):
        return StateClass.SYNCTEST
    return _CLASSES.get(state, StateClass.OTHER)


def state_in(stack: Stack) -> str:
    """Infer the state of a goroutine from where it stands, in the words of a dump.

    A profile in protobuf has no states, but it keeps the frames of the runtime, and those tell why
    a goroutine waits. The text of debug=1 has lost them: it must not be asked.

    Returns:
        ``created`` for an empty stack, which is one that has never run; ``waiting`` for one that
        waits in a way that is not known; ``running`` also for one that could run, since a profile
        does not tell them apart.
    """
    if not stack:
        return TaskState.CREATED
    innermost = stack[0].function
    if innermost.startswith(_SYSCALLS):
        return "syscall"
    if innermost != "runtime.gopark":
        return _WAITS_AT.get(innermost, TaskState.RUNNING)
    above = (_WAITS_IN.get(frame.function) for frame in islice(stack, 1, _FRAMES_AT_MOST))
    return next(filter(None, above), "waiting")
