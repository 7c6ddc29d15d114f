"""What is measured: the workloads, their subjects, and the figures that Tenon is to reach."""

from dataclasses import dataclass, field
from typing import Callable, Optional

# What a subject is to Tenon: itself, something to be compared with, or what the machine allows.
OURS, PEER, LIMIT = "ours", "peer", "limit"

NS, BYTES, MEGABYTES, MICROSECONDS, MILLISECONDS = "ns", "bytes", "MB", "us", "ms"


@dataclass
class Subject:
    name: str
    role: str
    command: str  # a program below the build directory and its first arguments
    cpus: Optional[int] = None  # as many processors as this; None: as the workload
    slower: int = 1  # does so many times fewer iterations than the others
    counted: bool = True  # under callgrind; not what runs on several threads, whose count says little


@dataclass
class Target:
    text: str
    # Whether a result (of Tenon's) reaches it, given the results of all subjects by name, and of the workloads before by
    # (workload, name); None: that is not known.
    reached: Callable


@dataclass
class Workload:
    name: str
    title: str
    iterations: int
    subjects: list
    variant: Optional[str] = None
    cpus: int = 1
    unit: str = NS
    # Twice these iterations, then once, run under callgrind: see instructions() in run.py.
    counted: Optional[int] = None
    rounds: Optional[int] = None  # no more than so many
    steady: bool = False  # does not vary from round to round: one is enough in a hurry
    targets: list = field(default_factory=list)


def at_most(value, unit):
    return Target(f"<= {value} {unit}", lambda mine, all: mine.value <= value)


def instructions_at_most(count):
    return Target(
        f"<= {count} instr", lambda mine, all: mine.instructions and mine.instructions <= count
    )


def instructions_more_at_most(count, name):
    return Target(
        f"<= {count} instr more than {name}",
        lambda mine, all: name in all
        and mine.instructions is not None
        and all[name].instructions is not None
        and mine.instructions <= all[name].instructions + count,
    )


def at_most_times(factor, name):
    return Target(
        f"<= {factor:g} x {name}",
        lambda mine, all: name in all and mine.value <= factor * all[name].value,
    )


def at_most_more(value, name):
    return Target(
        f"<= {value} ns over {name}",
        lambda mine, all: name in all and mine.value <= value + all[name].value,
    )


def grows_at_most(factor, workload):
    def reached(mine, all):
        one = all.get((workload, mine.subject))
        return None if one is None else mine.value <= factor * one.value

    return Target(f"<= {factor:g} x {workload}", reached)


def ahead_of(*names):
    return Target(
        "ahead of " + ", ".join(names),
        lambda mine, all: all_present(names, all) and mine.value < min(all[n].value for n in names),
    )


def all_present(names, results):
    return set(names) <= set(results)


def of(subjects, *targets):
    """Targets of some of Tenon's subjects only."""
    return [
        Target(
            target.text,
            lambda mine, all, target=target: target.reached(mine, all) if mine.subject in subjects else None,
        )
        for target in targets
    ]


def wake(name, title, cpus, iterations):
    return Workload(
        name,
        title,
        iterations,
        cpus=cpus,
        subjects=[
            Subject("eventfd + epoll", LIMIT, "c/wake eventfd"),
            Subject("the same, edge-triggered", LIMIT, "c/wake eventfd-edge"),
            Subject("Tenon, own epoll loop", OURS, "c/wake tenon-host"),
            Subject("Tenon, edge-triggered", OURS, "c/wake tenon-host-edge"),
            Subject("Tenon, executor's fd", OURS, "c/wake tenon-fd"),
            Subject("Tenon, libuv", OURS, "c/wake tenon-uv"),
            Subject("libuv", PEER, "c/wake uv"),
            Subject("libuv both ways", PEER, "c/wake uv-both-ways"),
            Subject("tokio", PEER, "rust/release/bench-rust wake oneshot"),
            Subject("Asio", PEER, "cpp/wake asio"),
            Subject("Asio, standalone", PEER, "cpp/wake-standalone asio"),
        ],
        targets=of(
            ["Tenon, own epoll loop", "Tenon, edge-triggered", "Tenon, executor's fd"],
            at_most_times(1.25, "eventfd + epoll"),
        )
        + of(["Tenon, libuv"], at_most_times(1.1, "libuv")),
    )


# Each loop of docs/guide/loops.md, with its own way to have a function called from another thread.
LOOPS = {
    "epoll": "eventfd + epoll",
    "glib": "an idle source of GLib's",
    "event": "event_active",
    "ev": "ev_async_send",
    "sd-event": "eventfd + sd-event",
    "asio": "asio::post",
    "qt": "QMetaObject::invokeMethod",
}


def wake_loop(loop):
    return Workload(
        f"wake-{loop}",
        f"(b) the same on a loop of {loop}, where a function is called",
        20_000,
        subjects=[
            Subject(f"Tenon, {loop}", OURS, f"cpp/loops {loop}-tenon", counted=False),
            Subject(LOOPS[loop], PEER, f"cpp/loops {loop}-own", counted=False),
        ],
        targets=[at_most_times(1.1, LOOPS[loop])],
    )


def post(threads, title, cpus, counted=None):
    return Workload(
        f"post-{threads}",
        title,
        1_000_000,
        variant=str(threads),
        cpus=cpus,
        counted=counted,
        subjects=[
            Subject("Vyukov queue, spinning", LIMIT, "c/post spin"),
            Subject("Tenon, libuv", OURS, "c/post tenon"),
            Subject("libuv + mutex + vector", PEER, "cpp/post uv"),
            Subject("libuv + moodycamel's queue", PEER, "cpp/post moodycamel"),
            Subject("tokio mpsc", PEER, "rust/release/bench-rust post mpsc"),
            Subject("Asio", PEER, "cpp/post asio"),
            Subject("Asio, standalone", PEER, "cpp/post-standalone asio"),
        ],
        targets=[at_most_times(1.3, "libuv + mutex + vector"), ahead_of("tokio mpsc", "Asio")],
    )


def call(variant, name, title, ours, tokio, iterations, targets):
    return Workload(
        name,
        title,
        iterations,
        variant=str(variant),
        counted=4096,
        subjects=[
            Subject("C function", LIMIT, "c/call-c c"),
            *(Subject(name, OURS, f"c/call {subject}") for name, subject in ours.items()),
            Subject(tokio, PEER, "rust/release/bench-rust call tokio"),
            *(
                [
                    Subject("futures LocalPool", PEER, "rust/release/bench-rust call local-pool"),
                    Subject("async-executor", PEER, "rust/release/bench-rust call async-executor"),
                ]
                if name != "call-block"
                else [Subject("futures block_on", PEER, "rust/release/bench-rust call futures")]
            ),
            Subject("by hand, one core", PEER, "c/call-by-hand by-hand", slower=20, counted=False),
            Subject("by hand, two cores", PEER, "c/call-by-hand by-hand", cpus=2, slower=20, counted=False),
        ],
        targets=targets,
    )


def sole(variant, name, title, command, tokio, iterations, instructions):
    return Workload(
        name,
        title,
        iterations,
        variant=str(variant),
        counted=4096,
        subjects=[
            Subject("Tenon, sole loop", OURS, f"c/call {command}-sole"),
            Subject(tokio, PEER, "rust/release/bench-rust call tokio"),
        ],
        targets=[instructions_at_most(instructions)],
    )


def stream(name, title, capacity, batch, is_buffers=False, swift=False):
    subjects = [
        Subject("bare ring, yields", LIMIT, "c/stream ring"),
        Subject("Tenon, C to C", OURS, "c/stream tenon"),
        Subject("tokio mpsc", PEER, "rust/release/bench-rust stream tokio"),
        Subject("async-channel", PEER, "rust/release/bench-rust stream async-channel"),
        Subject("flume", PEER, "rust/release/bench-rust stream flume"),
        Subject("crossbeam, blocking", PEER, "rust/release/bench-rust stream crossbeam"),
        Subject("std sync_channel, blocking", PEER, "rust/release/bench-rust stream sync-channel"),
        Subject("Boost spsc + condition", PEER, "cpp/stream spsc"),
    ]
    if swift:
        subjects[2:2] = [Subject("Tenon, C to for await", OURS, "c/stream-await tenon")]
        subjects += [
            Subject("AsyncStream, for await", PEER, "c/stream-await async-stream", slower=10),
            Subject("AsyncChannel, for await", PEER, "channels/bench-channels channel", slower=20),
            Subject(
                "buffered channel of async-algorithms", PEER,
                "channels/bench-channels buffered-channel", slower=10,
            ),
        ]
    return Workload(
        name,
        title,
        100_000 if is_buffers else 1_000_000,
        variant=str((100_000_000 if is_buffers else 0) + capacity * 10_000 + batch),
        cpus=2,
        subjects=subjects,
        targets=[ahead_of("tokio mpsc")]
        + ([at_most_times(1, "async-channel")] if batch == 1 and not is_buffers else [])
        + ([at_most(200, NS)] if swift else []),
    )


def pipe(batch, targets):
    return Workload(
        f"pipe-{batch}",
        f"(h) items through two streams with a pipe between them, {batch} at a time",
        1_280_000,
        variant=str(batch),
        counted=6400,
        subjects=[
            Subject("one stream alone", LIMIT, "c/pipe stream"),
            Subject("Tenon, pipe", OURS, "c/pipe pipe"),
            Subject("Tenon, by hand", PEER, "c/pipe by-hand"),
        ],
        targets=targets,
    )


# As the guide recommends for what is called very often.
LEAN = "Tenon, without a capture, nonsending"

TAKE_OR_CALLBACK = {
    "Tenon, poll and take": "tenon-take",
    "Tenon, without a capture": "tenon-take-with",
    LEAN: "tenon-take-lean",
    "Tenon, callback": "tenon-callback",
}


def timers(variant, name, title, iterations, counted, targets):
    return Workload(
        name,
        title,
        iterations,
        variant=str(variant),
        counted=counted,
        subjects=[
            Subject("Tenon", OURS, "c/timers tenon"),
            Subject("uv_timer", PEER, "c/timers uv"),
            Subject("tokio sleep", PEER, "rust/release/bench-rust timers sleep"),
            Subject("Asio steady_timer", PEER, "cpp/timers asio"),
            Subject("the same, standalone", PEER, "cpp/timers-standalone asio"),
        ],
        targets=targets,
    )


def combine(kind, title, peer):
    return Workload(
        f"combine-{kind}",
        title,
        1_000_000,
        variant="1000",
        counted=20_000,
        subjects=[
            Subject("Tenon", OURS, f"c/combine tenon-{kind}"),
            Subject(peer, PEER, f"rust/release/bench-rust combine {kind}"),
        ],
        targets=[ahead_of(peer)],
    )


def crowd(count, title, targets=(), counted=None):
    """The limits do the same without handles, cancels and closes, so they tell what memory takes that so many need."""
    return Workload(
        f"crowd-{count}",
        title,
        2_000_000,
        variant=str(count),
        counted=counted,
        subjects=[
            Subject("Swift tasks alone", LIMIT, "c/crowd-by-hand calls", slower=2, counted=False),
            Subject("two blocks of the heap", LIMIT, "c/crowd-by-hand callbacks", counted=False),
            Subject("Swift calls", OURS, "c/crowd calls", slower=2, counted=count <= 1000),
            Subject("callbacks", OURS, "c/crowd callbacks"),
            Subject("timers", OURS, "c/crowd timers"),
            Subject("uv_timer", PEER, "c/crowd-by-hand timers"),
            Subject("Swift calls, closed", OURS, "c/crowd close-calls", slower=2, counted=False),
            Subject("callbacks, closed", OURS, "c/crowd close-callbacks"),
            Subject("timers, closed", OURS, "c/crowd close-timers"),
            Subject("a close after them", OURS, "c/crowd close", slower=100, counted=False),
        ],
        targets=list(targets),
    )


def loop(chunks, title, iterations, limit):
    """With 0 chunks it is one loop of as many chunks as iterations."""
    return Workload(
        f"loop-{chunks}",
        title,
        iterations,
        cpus=2,
        variant=str(chunks),
        subjects=[
            Subject("without threads", LIMIT, "c/loop alone"),
            Subject("Tenon", OURS, "c/loop tenon"),
            Subject("Tenon, Swift", OURS, "pool/bench-pool loop tenon-swift"),
            Subject("Dispatch", PEER, "pool/bench-pool loop dispatch"),
            Subject("rayon", PEER, "rust/release/bench-rust loop rayon", slower=1 if chunks == 0 else 50),
            Subject("OpenMP", PEER, "c/loop openmp", slower=1 if chunks == 0 else 50),
            Subject("oneTBB", PEER, "cpp/loop tbb"),
        ],
        targets=[at_most(limit, NS)],
    )


def fork(variant, title, factor, *others):
    return Workload(
        f"fork-{variant}",
        title,
        100_000,
        cpus=2,
        variant=str(variant),
        subjects=[
            Subject("Tenon", OURS, "pool/bench-pool fork tenon"),
            Subject("Dispatch", PEER, "pool/bench-pool fork dispatch"),
            Subject("tokio", PEER, "rust/release/bench-rust fork tokio"),
            *others,
        ],
        targets=[at_most_times(factor, "Dispatch")],
    )


def block(cpus, title, iterations):
    return Workload(
        f"block-{cpus}",
        title,
        iterations,
        cpus=cpus,
        subjects=[
            Subject("tenon::future", OURS, "cpp/futures block"),
            Subject("std::future", PEER, "cpp/promise std-block"),
            Subject("boost::future", PEER, "cpp/promise boost-block"),
            Subject("tokio blocking_recv", PEER, "rust/release/bench-rust block oneshot"),
        ],
        targets=[
            at_most_times(1, name) for name in ("std::future", "boost::future", "tokio blocking_recv")
        ],
    )


def await_settled(cpus, title, iterations):
    return Workload(
        f"await-{cpus}",
        title,
        iterations,
        cpus=cpus,
        subjects=[
            Subject("tenon::task, own loop", OURS, "cpp/futures await"),
            Subject("Asio awaitable, with I/O", PEER, "cpp/await asio"),
            Subject("Asio awaitable, posts only", PEER, "cpp/await asio-posts"),
            Subject("standalone, with I/O", PEER, "cpp/await-standalone asio"),
        ],
        targets=[ahead_of("Asio awaitable, with I/O")],
    )


def include(variant, name, title, unit):
    return Workload(
        name,
        title,
        1,
        variant=str(variant),
        unit=unit,
        rounds=3,
        steady=True,
        subjects=[
            Subject("nothing", LIMIT, "cpp/include none"),
            Subject("<tenon/tenon.hpp>", OURS, "cpp/include tenon"),
            Subject("<future>", PEER, "cpp/include std"),
            Subject("<boost/asio.hpp>", PEER, "cpp/include asio"),
        ],
    )


def settle(in_flight, title, iterations, targets):
    program = f"node/settle-{in_flight}"
    return Workload(
        f"node-settle-{in_flight}",
        title,
        iterations,
        cpus=2,
        subjects=[
            Subject("Node-API alone", LIMIT, f"{program} limit"),
            Subject("Node-API, in the loop's next turn", LIMIT, f"{program} deferred"),
            Subject("async function in JavaScript", LIMIT, f"{program} plain"),
            Subject("Tenon", OURS, f"{program} tenon"),
            Subject("C, threadsafe function", PEER, f"{program} tsfn"),
            Subject("C, async work", PEER, f"{program} asyncWork", slower=4),
        ],
        targets=targets,
    )


def memory(name, title, variant, unit, targets):
    return Workload(
        name,
        title,
        1_000_000,
        variant=str(variant),
        unit=unit,
        steady=True,
        subjects=[
            Subject("Tenon", OURS, "c/memory tenon"),
            Subject("tokio oneshot", PEER, "rust/release/bench-rust memory oneshot"),
            Subject("std::promise", PEER, "cpp/memory std"),
        ],
        targets=targets,
    )


def inspect(subject, title, iterations, most):
    return Workload(
        f"inspect-{subject}",
        title,
        iterations,
        unit=MILLISECONDS,
        rounds=3,
        subjects=[Subject("Tenon", OURS, f"c/inspect {subject}", counted=False)],
        targets=[at_most(most, MILLISECONDS)],
    )


def export(name, title, iterations, counted, peers, targets):
    return Workload(
        f"export-{name}",
        title,
        iterations,
        variant=name,
        counted=counted,
        subjects=[
            *(Subject(text, role, f"c/export {subject}") for text, role, subject in peers),
            Subject("Tenon, generated", OURS, "c/export tenon"),
        ],
        targets=targets,
    )


RECORDS = [
    ("C, one block", LIMIT, "c"),
    ("uniffi's form, in C", PEER, "uniffi"),
    ("protobuf-c", PEER, "protobuf"),
]
BY_HAND = [("Tenon, by hand", LIMIT, "hand")]

WORKLOADS = [
    Workload(
        "promise",
        "(a) create, resolve, take and release a promise, on one thread",
        1_000_000,
        counted=50_000,
        subjects=[
            Subject("C slab, unchecked", LIMIT, "c/promise slab"),
            Subject("Tenon", OURS, "c/promise tenon"),
            Subject("Tenon, consumed", OURS, "c/promise consume"),
            Subject("tokio oneshot", PEER, "rust/release/bench-rust promise tokio"),
            Subject("futures oneshot", PEER, "rust/release/bench-rust promise futures"),
            Subject("std::promise", PEER, "cpp/promise std"),
        ],
        targets=[ahead_of("tokio oneshot")]
        + of(["Tenon"], instructions_at_most(200))
        + of(["Tenon, consumed"], instructions_at_most(175)),
    ),
    Workload(
        "callback",
        "(a) the same with a callback that is told in a poll",
        500_000,
        counted=20_000,
        subjects=[
            Subject("Tenon", OURS, "c/callback tenon"),
            Subject("tokio oneshot, task", PEER, "rust/release/bench-rust callback task"),
        ],
    ),
    Workload(
        "poll",
        "(a) a poll that finds nothing to do",
        2_000_000,
        counted=20_000,
        subjects=[Subject("Tenon", OURS, "c/poll tenon")],
        targets=[instructions_at_most(450)],
    ),
    wake("wake-1", "(b) a worker settles, the loop answers: round trip on one core", 1, 20_000),
    wake("wake-2", "(b) the same on two cores", 2, 5_000),
    *map(wake_loop, LOOPS),
    post(0, "(c) post a job to a libuv loop, from its own thread", 1, counted=20_480),
    post(1, "(c) the same from another thread", 2),
    post(2, "(c) the same from two threads", 2),
    call(
        0,
        "call-1024",
        "(d) C calls a Swift async function, 1024 in flight",
        TAKE_OR_CALLBACK,
        "tokio spawn",
        1_000_000,
        of([LEAN], instructions_at_most(1000), at_most_times(0.6, "tokio spawn"))
        + of(["Tenon, poll and take"], instructions_at_most(2100), at_most_times(1.2, "tokio spawn")),
    ),
    call(
        1,
        "call-1",
        "(d) the same, one at a time",
        TAKE_OR_CALLBACK,
        "tokio spawn",
        400_000,
        of([LEAN], instructions_at_most(3600), at_most_times(2, "tokio spawn")),
    ),
    call(
        2,
        "call-suspend",
        "(d) the same, one at a time, and it suspends once",
        {"Tenon, resumed by a job": "tenon-job", "Tenon, awaits a future": "tenon-future"},
        "tokio spawn",
        400_000,
        [instructions_at_most(9000), at_most_times(3.6, "tokio spawn")],
    ),
    call(
        3,
        "call-block",
        "(d) the same, and the caller blocks for the result",
        {"Tenon": "tenon-wait", LEAN: "tenon-wait-lean"},
        "tokio block_on",
        400_000,
        of([LEAN], instructions_at_most(4000), at_most_times(3.2, "tokio block_on")),
    ),
    sole(
        0,
        "call-1024-sole",
        "(d) a call without a capture, nonsending, where there is one executor for ever, 1024 in flight",
        "tenon-take-lean",
        "tokio spawn",
        1_000_000,
        750,
    ),
    sole(1, "call-1-sole", "(d) the same, one at a time", "tenon-take-lean", "tokio spawn", 400_000, 3200),
    sole(
        2,
        "call-suspend-sole",
        "(d) the same, any function, and it awaits a future",
        "tenon-future",
        "tokio spawn",
        400_000,
        8600,
    ),
    sole(
        3,
        "call-block-sole",
        "(d) the same, without a capture, and the caller blocks for the result",
        "tenon-wait-lean",
        "tokio block_on",
        400_000,
        3600,
    ),
    crowd(1, "(d) one that begins, is pending and ends"),
    crowd(1_000, "(d) the same, one of 1,000 at once", counted=10_000),
    crowd(
        100_000,
        "(d) the same, one of 100,000 at once",
        [grows_at_most(2, "crowd-1000")],
        counted=100_000,
    ),
    crowd(
        1_000_000,
        "(d) the same, one of 1,000,000 at once",
        [grows_at_most(2, "crowd-1000")],
    ),
    memory("memory", "(e) a pending future, 1e6 of them", 0, BYTES, [at_most(128, BYTES)]),
    Workload(
        "memory-callback",
        "(e) the same with a callback",
        1_000_000,
        variant="0",
        unit=BYTES,
        steady=True,
        subjects=[
            Subject("Tenon", OURS, "c/memory tenon-callback"),
            Subject("tokio oneshot, task", PEER, "rust/release/bench-rust memory task"),
        ],
    ),
    memory(
        "memory-growth",
        "(e) growth from the first to the tenth time that 1e6 are made and settled",
        10,
        MEGABYTES,
        [at_most(1, MEGABYTES)],
    ),
    timers(
        0,
        "timer-cancel",
        "(f) arm and cancel a timer in a job, 1e5 others armed",
        1_000_000,
        20_000,
        [at_most(30, NS)],
    ),
    timers(1, "timer-fire", "(f) fire a timer, 1e5 due", 100_000, None, []),
    *(
        stream(
            f"stream-{capacity}-{batch}",
            f"(h) 8-byte items to another thread, capacity {capacity}, {batch} at a time",
            capacity,
            batch,
            swift=True,
        )
        for capacity in (64, 1024)
        for batch in (1, 64, 1024)
    ),
    *(
        stream(
            f"stream-4k-{capacity}-{batch}",
            f"(h) buffers of 4 KiB to another thread and back, capacity {capacity}, {batch} at a time",
            capacity,
            batch,
            is_buffers=True,
        )
        for capacity in (64, 1024)
        for batch in (1, 64)
    ),
    Workload(
        "stream-ready",
        "(h) items that are sent and then read on one thread, 1024 in turn, by a `for await`",
        1_024_000,
        variant=str(1024 * 10_000 + 1),
        counted=10_240,
        subjects=[
            Subject("for await of nothing", LIMIT, "c/stream-await sequence-ready"),
            Subject("Tenon, C to for await", OURS, "c/stream-await tenon-ready"),
            Subject("AsyncStream, for await", PEER, "c/stream-await async-stream-ready", slower=10),
            Subject("async-channel", PEER, "rust/release/bench-rust stream async-channel-ready"),
            Subject("flume", PEER, "rust/release/bench-rust stream flume-ready"),
        ],
        targets=[at_most_times(1, "async-channel"), instructions_at_most(300)],
    ),
    pipe(1, [at_most_more(45, "one stream alone"), ahead_of("Tenon, by hand")]),
    pipe(64, [at_most_more(3, "one stream alone"), ahead_of("Tenon, by hand")]),
    loop(0, "(p) a chunk of a parallel loop over a million of them", 1_000_000, 10),
    loop(2, "(p) a parallel loop of two chunks that do nothing", 100_000, 250),
    fork(
        0,
        "(p) a leaf of a tree of tasks that fork and join",
        0.5,
        Subject("rayon, no tasks", PEER, "rust/release/bench-rust fork rayon"),
    ),
    fork(1, "(p) a task that is made and joined, one after another", 1),
    Workload(
        "latency",
        "(p) how late a loop's timer is at the 99th percentile, beside a pool",
        4_000,
        cpus=2,
        unit=MICROSECONDS,
        rounds=5,
        subjects=[
            Subject("an idle pool", LIMIT, "c/latency idle", counted=False),
            Subject("a pool that computes", OURS, "c/latency busy", counted=False),
        ],
        targets=[at_most_times(1.5, "an idle pool")],
    ),
    export("record-out", "(q) a record (text, number, 8 doubles) from Swift to C", 2_000_000, 20_000, RECORDS, [at_most_times(1.5, "C, one block")]),
    export("record-in", "(q) the same from C to Swift", 2_000_000, 20_000, [*BY_HAND, *RECORDS], [at_most_times(1.1, "Tenon, by hand")]),
    export("method", "(q) a method of an object, beside one on a raw pointer", 10_000_000, 50_000, BY_HAND, [instructions_more_at_most(25, "Tenon, by hand")]),
    export("later-1024", "(q) an async function with a record in and one out, 1024 in flight", 400_000, 4096, BY_HAND, [at_most_times(1.1, "Tenon, by hand")]),
    export("later-1", "(q) the same, one at a time", 400_000, 4096, BY_HAND, [at_most_times(1.1, "Tenon, by hand")]),
    Workload(
        "export-size",
        "(q) what an exported function adds to a library, one of 64 of its shape",
        1,
        unit=BYTES,
        steady=True,
        subjects=[
            Subject(f"Tenon, {text}", OURS, f"export-size {form}")
            for form, text in [("numbers", "numbers"), ("text", "text"), ("record", "a record in and out"), ("later", "the same, async")]
        ],
    ),
    export("items", "(q) a stream of records, 64 at a time, beside one of numbers", 1_000_000, 12_800, [("Tenon, numbers by hand", LIMIT, "hand")], [at_most_times(2, "Tenon, numbers by hand")]),
    combine("all", "(i) wait for all of 1000 futures, each", "tokio oneshot, join_all"),
    combine("race", "(i) race 1000 futures, each", "tokio oneshot, FuturesUnordered"),
    Workload(
        "scope",
        "(i) open a scope, add ten futures, settle them, close it",
        200_000,
        variant="0",
        counted=2_000,
        subjects=[Subject("Tenon", OURS, "c/scope tenon")],
    ),
    Workload(
        "scope-memory",
        "(i) an open scope with ten pending futures, 1e5 of them",
        100_000,
        variant="1",
        unit=BYTES,
        steady=True,
        subjects=[Subject("Tenon", OURS, "c/scope tenon")],
    ),
    Workload(
        "promise-cpp",
        "(k) C++: make, set, get and let go of a promise, on one thread",
        1_000_000,
        counted=50_000,
        subjects=[
            Subject("Tenon's C handles", LIMIT, "c/promise tenon"),
            Subject("tenon::promise", OURS, "cpp/futures promise"),
            Subject("std::promise", PEER, "cpp/promise std"),
            Subject("boost::promise", PEER, "cpp/promise boost"),
            Subject("tokio oneshot", PEER, "rust/release/bench-rust promise tokio"),
        ],
        targets=[
            at_most_times(1.5, "Tenon's C handles"),
            ahead_of("std::promise", "boost::promise", "tokio oneshot"),
        ],
    ),
    block(1, "(k) C++: two threads block in get() for each other, in turn, on one core", 20_000),
    block(2, "(k) the same on two cores", 5_000),
    Workload(
        "then-cpp",
        "(k) C++: a link of a chain of 1000 continuations",
        1_000_000,
        counted=20_000,
        subjects=[
            Subject("tenon, then(nullptr, f)", OURS, "cpp/futures then"),
            Subject("boost, then(f)", PEER, "cpp/promise boost-then", slower=500, counted=False),
            Subject("boost, then(sync, f)", PEER, "cpp/promise boost-then-sync", slower=10),
        ],
        targets=[at_most_times(0.1, "boost, then(f)"), ahead_of("boost, then(sync, f)")],
    ),
    Workload(
        "await-ready",
        "(k) C++: co_await of a future that is ready",
        1_000_000,
        counted=20_000,
        subjects=[
            Subject("plain coroutine", LIMIT, "cpp/await plain"),
            Subject("tenon::future, ready", OURS, "cpp/futures ready"),
        ],
        targets=[at_most_more(15, "plain coroutine")],
    ),
    Workload(
        "await-task",
        "(k) C++: co_await of a task that does not suspend",
        1_000_000,
        counted=20_000,
        subjects=[
            Subject("plain coroutine", LIMIT, "cpp/await plain"),
            Subject("tenon::task", OURS, "cpp/futures task"),
        ],
    ),
    await_settled(1, "(k) C++: co_await what another thread settles, round trip on one core", 20_000),
    await_settled(2, "(k) the same on two cores", 5_000),
    Workload(
        "await-descriptor",
        "(k) C++: co_await until a descriptor can be read from, on one thread",
        100_000,
        subjects=[
            Subject("tenon::task, own loop", OURS, "cpp/futures descriptor"),
            Subject("Asio awaitable", PEER, "cpp/await descriptor"),
            Subject("standalone", PEER, "cpp/await-standalone descriptor"),
        ],
        targets=[ahead_of("Asio awaitable", "standalone")],
    ),
    include(0, "include-time", "(k) C++: compile a file that includes a header, with gcc", MILLISECONDS),
    include(1, "include-size", "(k) the same: code and data in its object", BYTES),
    Workload(
        "search-memory",
        "(j) search a tree of 1 GiB, all of which matches, for a slow reader: resident at most",
        256,
        cpus=2,
        unit=MEGABYTES,
        rounds=3,
        steady=True,
        subjects=[
            Subject("Tenon, 64 files in flight", OURS, "c/search-memory tenon"),
            Subject("GNU grep, one file", LIMIT, "c/search-memory grep"),
        ],
        targets=[at_most(64, MEGABYTES)],
    ),
    settle(
        1024,
        "(l) JavaScript awaits a Swift async function, 1024 in flight",
        300_000,
        [at_most(1150, NS), at_most_times(0.45, "C, threadsafe function")],
    ),
    settle(
        1,
        "(l) the same, one at a time",
        100_000,
        [at_most_times(1, "C, threadsafe function")],
    ),
    Workload(
        "node-stream",
        "(l) `for await` in JavaScript, an item",
        1_000_000,
        cpus=2,
        subjects=[
            Subject("Tenon", OURS, "node/stream tenon"),
            Subject("Readable, object mode", PEER, "node/stream readable"),
            Subject("async generator in JavaScript", PEER, "node/stream generator"),
        ],
        targets=[ahead_of("Readable, object mode")],
    ),
    Workload(
        "node-delay",
        "(l) how late Node's loop is at p99, while 1e5 calls complete",
        100_000,
        cpus=2,
        unit=MILLISECONDS,
        rounds=5,
        subjects=[
            Subject("Tenon", OURS, "node/delay tenon"),
            Subject("C, threadsafe function", PEER, "node/delay tsfn"),
        ],
        targets=[at_most_times(1, "C, threadsafe function")],
    ),
    Workload(
        "node-load",
        "(l) require() of an addon",
        1,
        unit=MILLISECONDS,
        subjects=[
            Subject("C, does nothing", LIMIT, "node/load c"),
            Subject("Tenon", OURS, "node/load tenon"),
        ],
        targets=[at_most(30, MILLISECONDS)],
    ),
    inspect("snapshot", "(g) a snapshot from inside, 1e6 futures pending", 1_000_000, 30),
    inspect("why", "(g) the same, and why a chain of 1e5 waits", 100_000, 1000),
    Workload(
        "idle",
        "(g) processor time in a second of idling, 1e5 futures pending",
        100_000,
        unit=MICROSECONDS,
        steady=True,
        subjects=[
            Subject("Tenon, libuv", OURS, "c/idle tenon"),
            Subject("Tenon, and a pool's threads", OURS, "c/idle pool"),
            Subject("libuv, nothing pending", LIMIT, "c/idle uv"),
        ],
        targets=[at_most(1000, MICROSECONDS)],
    ),
    Workload(
        "start",
        "(g) a program from its start, over load and first call, to its end",
        10,
        unit=MILLISECONDS,
        subjects=[
            Subject("C, does nothing", LIMIT, "c/start c"),
            Subject("Tenon", OURS, "c/start tenon"),
        ],
        targets=[at_most(20, MILLISECONDS)],
    ),
]
