"""What waits for what it would do itself."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

RULE = "SN320"
HEAD = 'package p\n\nimport "sync"\n\nvar _ sync.WaitGroup\n\nfunc load(string) int { return 1 }\n'


def program(body: str) -> str:
    return go_function(HEAD, "f(names []string)", body)


ITSELF = {
    "sent, then received": """
	ch := make(chan int)
	ch <- 1 // want
	<-ch
	""",
    "sent, then the receiver is started": """
	ch := make(chan int)
	ch <- 1 // want
	go func() {
		println(<-ch)
	}()
	""",
    "waited for what is deferred": """
	stop := make(chan struct{})
	defer close(stop)
	<-stop // want
	""",
    "a group before the results": """
	results := make(chan int)
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- load(name)
		}()
	}
	group.Wait() // want
	close(results)
	for n := range results {
		println(n)
	}
	""",
    "a group that is told behind the send": """
	ch := make(chan int)
	group := sync.WaitGroup{}
	group.Add(1)
	go func() {
		ch <- 0
		group.Done()
	}()
	group.Wait() // want
	<-ch
	""",
    "a group that starts them": """
	ch := make(chan int, 2)
	var group sync.WaitGroup
	for _, name := range names {
		group.Go(func() { ch <- load(name) })
	}
	group.Wait() // want
	close(ch)
	for range ch {
	}
	""",
}
WELL = {
    "a place": """
	ch := make(chan int, 1)
	ch <- 1
	<-ch
	""",
    "started before": """
	ch := make(chan int)
	go func() {
		println(<-ch)
	}()
	ch <- 1
	""",
    "started in the turn before": """
	ch := make(chan int)
	for i, name := range names {
		if i > 0 {
			ch <- load(name)
		}
		go func() { <-ch }()
	}
	""",
    "a place for each": """
	results := make(chan int, len(names))
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- load(name)
		}()
	}
	group.Wait()
	close(results)
	for n := range results {
		println(n)
	}
	""",
    "a number of places": """
	const n = 4
	results := make(chan int, n)
	var group sync.WaitGroup
	for i := 0; i < n; i++ {
		group.Go(func() { results <- i })
	}
	group.Wait()
	close(results)
	for n := range results {
		println(n)
	}
	""",
    "a goroutine that waits": """
	results := make(chan int)
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- load(name)
		}()
	}
	go func() {
		group.Wait()
		close(results)
	}()
	for n := range results {
		println(n)
	}
	""",
    "told before the send": """
	ch := make(chan int)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		group.Done()
		ch <- 1
	}()
	group.Wait()
	<-ch
	""",
    "another group": """
	ch := make(chan int)
	var group, other sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		ch <- 1
	}()
	other.Wait()
	<-ch
	""",
    "received by another": """
	ch := make(chan int)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		for range ch {
		}
	}()
	go func() {
		defer group.Done()
		ch <- 1
	}()
	group.Wait()
	close(ch)
	""",
}


@pytest.mark.parametrize("body", ITSELF.values(), ids=ITSELF.keys())
def test_nobody_else_ends_the_wait(body: str) -> None:
    (found,) = go(RULE, program(body))
    assert found.span.line in found.waits_at


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_somebody_else_does(body: str) -> None:
    go(RULE, program(body))


LOOP = """
package p

type loop struct {{ ch chan int }}

func made() *loop {{
    l := &loop{{ch: make(chan int{places})}}
    {first}
    return l
}}

func (l *loop) start() {{
    l.ch <- 1 {mark}
    run(func() {{
        for range l.ch {{
        }}
    }})
}}

func run(f func()) {{
    go func() {{
        defer println("ended")
        f()
    }}()
}}
"""


@pytest.mark.parametrize(
    ("places", "first", "mark"),
    [
        ("", "", "// want"),
        (", 1", "l.ch <- 0", "// want"),
        (", 1", "", ""),
        (", 2", "l.ch <- 0", ""),
    ],
    ids=["no places", "full", "a place", "a place left"],
)
def test_a_start_that_sends_before_it_starts(places: str, first: str, mark: str) -> None:
    go(RULE, LOOP.format(places=places, first=first, mark=mark))


ALONE = """
package p

func fetch(get func() (int, error), give func(chan error)) (chan int, chan error) {{
    results, failed := make(chan int), make(chan error{places})
    {before}
    n, err := get()
    if err != nil {{
        failed <- err {mark}
        return results, failed
    }}
    go func() {{
        {there}results <- n
    }}()
    return results, failed
}}
"""


@pytest.mark.parametrize(
    ("places", "before", "there", "mark"),
    [
        ("", "", "", "// want"),
        ("", "", "failed <- nil; ", "// want"),
        (", 1", "", "", ""),
        ("", "give(failed)", "", ""),
        ("", "go func() { println(<-failed) }()", "", ""),
        ("", "failed = nil", "", ""),
    ],
    ids=[
        "returned behind it",
        "given to a goroutine on another way",
        "a place for it",
        "given to others before",
        "received by a goroutine",
        "another channel",
    ],
)
def test_a_send_that_nobody_else_knows_of(places: str, before: str, there: str, mark: str) -> None:
    go(RULE, ALONE.format(places=places, before=before, there=there, mark=mark))


def test_each_turn_has_a_channel_of_its_own() -> None:
    code = """
    package p

    func start(jobs []int, give func(chan int)) {
        for _, job := range jobs {
            queue := make(chan int)
            queue <- job // want
            give(queue)
        }
    }
    """
    go(RULE, code)
