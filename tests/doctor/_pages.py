"""A diagnosis that has everything that a page can show, with names as hostile as wanted."""

from __future__ import annotations

from dataclasses import replace

from doctor._dumps import goroutine
from doctor._findings import LEAK, NIL
from snowshed.doctor import Diagnosis, Look, diagnose, load, look_at
from snowshed.model import (
    Finding,
    Frame,
    Related,
    RequestsOver,
    RequestTasks,
    Severity,
    Spawned,
)

EVIL = (
    "<script>ran = 1</script><img src=x onerror='ran=1'>\"'></style></title></svg></code>"
    "<a href='http://192.0.2.1/'>&lt;b&gt;&amp;&#0;\x1b[2J\x1b]0;pwned\x07\u202e\0"
)


def looks(number: int = 4, evil: str = "") -> list[Look]:
    """Looks a minute apart, in which one place grows."""
    found = []
    for k in range(number):
        dump = [
            goroutine(1, "running", "main.main:12", created=""),
            *(goroutine(2 + n, "chan send", "main.notify:88") for n in range(40 + 100 * k)),
            *(
                goroutine(1000 + n, "sync.Mutex.Lock", "main.(*Book[...]).post:131")
                for n in range(9)
            ),
            *(goroutine(2000 + n, "select", "main.(*Worker).loop:44") for n in range(30)),
            *(goroutine(3000 + n, "IO wait", "main.serve:201") for n in range(20 + 2 * k)),
            *(goroutine(4000 + n, "sleep", "main.refresh:19") for n in range(5)),
        ]
        look = look_at(load(f"look-{k}{evil}.txt", "\n".join(dump).encode()))
        assert look is not None
        found.append(replace(look, taken_at=1000.0 + 60 * k))
    return found


def spawned(evil: str = "") -> tuple[Spawned, ...]:
    """A tree of lines with three levels."""

    def at(name: str, line: int) -> Frame:
        return Frame(f"main.{name}{evil}", f"/srv/shop/{name}{evil}.go", line)

    post = Spawned(at("fan", 70), f"main.each{evil}", 23)
    bill = Spawned(at("bill", 71), f"main.notify{evil}", 340, 300)
    run = Spawned(at("run", 12), f"main.post{evil}", 9, 0, (post,))
    serve = Spawned(at("serve", 3454), f"main.handle{evil}", 26, 0, (bill, run))
    return serve, Spawned(at("pool", 30), f"main.loop{evil}", 30), Spawned(None, "", 14, 0, (), 9)


def findings(evil: str = "") -> tuple[Finding, ...]:
    """Of each severity one, and two that wait for each other."""
    book, audit = (
        Frame(f"main.(*{n}).x{evil}", f"/srv/{n}{evil}.go", 7) for n in ("Book", "Audit")
    )
    crossed = replace(LEAK, detail="lock-order", count=2, state=f"sync.Mutex.Lock{evil}")
    return (
        replace(crossed, at=book, related=(Related(audit, f"the lock is held here{evil}"),)),
        replace(crossed, at=audit, related=(Related(book, f"the lock is held here{evil}"),)),
        replace(LEAK, severity=Severity.MEDIUM, evidence=(f"seen{evil}",), advice=f"do{evil}"),
        replace(NIL, why=f"why{evil}", against=(f"against{evil}",), created_by=None),
    )


def everything(evil: str = "") -> Diagnosis:
    """What has every plot, and findings of each severity beside those that were seen."""
    seen = diagnose(looks(evil=evil), warnings=[f"cut off{evil}"])
    worst = RequestTasks(1204, 612, Frame(f"main.bill{evil}", "bill.go", 71))
    return replace(
        seen,
        findings=(*seen.findings, *findings(evil)),
        spawned=spawned(evil),
        requests=RequestsOver(50, 40, 4, (worst,)),
        ignored=((f"nil-channel={evil}", 2),),
    )
