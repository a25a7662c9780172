"""Wait groups that cannot come to zero, or that count too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go, go_findings

RULE = "SN310"
HEAD = 'package p\n\nimport "sync"\n\nfunc load(string) error { return nil }\n'


def program(body: str) -> str:
    return go_function(HEAD, "f(names []string)", body)


NEVER = {
    "in the loop": """
	var group sync.WaitGroup
	group.Add(len(names))
	for _, name := range names {
		go func() {
			defer group.Done()
			load(name)
		}()
		group.Wait() // want
	}
	""",
    "a return before": """
	group := &sync.WaitGroup{}
	group.Add(1)
	go func() {
		if err := load(""); err != nil {
			return
		}
		group.Done() // want
	}()
	group.Wait()
	""",
    "a return in a turn": """
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			for {
				if err := load(name); err != nil {
					return
				}
				break
			}
			group.Done() // want
		}()
	}
	group.Wait()
	""",
    "a turn that starts nobody": """
	var group sync.WaitGroup
	group.Add(len(names)) // want
	for _, name := range names {
		if name == "" {
			continue
		}
		go func() {
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	""",
    "a number of turns, some without": """
	var group sync.WaitGroup
	count := len(names)
	group.Add(count) // want
	for i := 0; i < count; i++ {
		if names[i] != "" {
			go func() {
				load(names[i])
				group.Done()
			}()
		}
	}
	group.Wait()
	""",
    "nobody does it": """
	var group sync.WaitGroup
	group.Add(1)
	go load("")
	group.Wait() // want
	""",
    "added by itself": """
	var group sync.WaitGroup
	for _, name := range names {
		go func() {
			group.Add(1) // want
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	""",
}
WELL = {
    "a turn that starts nobody and says so": """
	var group sync.WaitGroup
	group.Add(len(names))
	for _, name := range names {
		if name == "" {
			group.Done()
			continue
		}
		go func() {
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	""",
    "another number than that of the turns": """
	var group sync.WaitGroup
	group.Add(2)
	for _, name := range names {
		if name == "" {
			continue
		}
		go func() {
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	""",
    "a number that is made smaller": """
	var group sync.WaitGroup
	used := names[:0]
	for _, name := range names {
		used = append(used, name)
	}
	group.Add(len(used))
	for _, name := range used {
		if name == "" {
			return
		}
		go func() {
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	""",
    "deferred": """
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := load(name); err != nil {
				return
			}
		}()
	}
	group.Wait()
	""",
    "on each way": """
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		if err := load(""); err != nil {
			group.Done()
			return
		}
		group.Done()
	}()
	group.Wait()
	""",
    "one after the other": """
	var group sync.WaitGroup
	for _, name := range names {
		group.Add(1)
		go func() {
			defer group.Done()
			load(name)
		}()
		group.Wait()
	}
	""",
    "for each item of a worker": """
	var group sync.WaitGroup
	group.Add(len(names))
	jobs := make(chan string, len(names))
	go func() {
		for name := range jobs {
			load(name)
			group.Done()
		}
	}()
	for _, name := range names {
		jobs <- name
	}
	group.Wait()
	""",
    "done by somebody who gets it": """
	var group sync.WaitGroup
	group.Add(1)
	go helper(&group)
	group.Wait()
}

func helper(group *sync.WaitGroup) {
	defer group.Done()
	""",
    "done by somebody who is not seen": """
	var group sync.WaitGroup
	group.Add(1)
	keep = &group
	group.Wait()
}

var keep *sync.WaitGroup

func g() {
	""",
    "a group of the goroutine": """
	go func() {
		var group sync.WaitGroup
		group.Add(1)
		go func() {
			defer group.Done()
		}()
		group.Wait()
	}()
	""",
    "by Go": """
	var group sync.WaitGroup
	for _, name := range names {
		group.Go(func() { load(name) })
	}
	group.Wait()
	""",
}


@pytest.mark.parametrize("body", NEVER.values(), ids=NEVER.keys())
def test_it_is_never_reached(body: str) -> None:
    go(RULE, program(body))


@pytest.mark.parametrize("body", WELL.values(), ids=WELL.keys())
def test_it_is_reached(body: str) -> None:
    go(RULE, program(body))


FIELD = """
package p

import "sync"

type S struct {{
    {name} sync.WaitGroup
}}

func (s *S) start() {{
    s.{name}.Add(1)
}}

func (s *S) stop() {{
    s.{name}.Wait() {mark}
}}
"""


@pytest.mark.parametrize(("name", "mark"), [("drain", "// want"), ("Drain", "")])
def test_a_field_that_others_cannot_name(name: str, mark: str) -> None:
    go(RULE, FIELD.format(name=name, mark=mark))


def test_a_field_that_is_done_in_another_file() -> None:
    more = "package p\nfunc (s *S) end() { s.drain.Done() }\n"
    go(RULE, {"a.go": FIELD.format(name="drain", mark=""), "b.go": more})


def test_the_fix_defers_it() -> None:
    after = fixed(RULE, program(NEVER["a return before"]).replace(" // want", ""))
    assert "go func() {\n\t\tdefer group.Done()\n\t\tif err" in after
    assert after.count("group.Done()") == 1


@pytest.mark.house
def test_what_the_fix_makes_is_valid_go(tmp_path: Path) -> None:
    names = ["a return before", "a return in a turn"]
    vet(tmp_path, [fixed(RULE, program(NEVER[name]).replace(" // want", "")) for name in names])


LATE = """
	var group sync.WaitGroup
	for _, name := range names {
		go func() {
			group.Add(1)
			defer group.Done()
			load(name)
		}()
	}
	group.Wait()
	"""
IN_LOOP = """
	var group sync.WaitGroup
	group.Add(len(names))
	for _, name := range names {
		go func() {
			defer group.Done()
			load(name)
		}()
		group.Wait()
	}
	"""


def test_the_fix_adds_it_before_and_waits_behind() -> None:
    after = fixed(RULE, program(LATE))
    assert "{\n\t\tgroup.Add(1)\n\t\tgo func() {\n\t\t\tdefer group.Done()\n" in after
    after = fixed(RULE, program(IN_LOOP))
    assert "\t\t}()\n\t}\n\tgroup.Wait()\n" in after


@pytest.mark.parametrize(
    "body",
    [
        # It is called something else outside.
        LATE.replace("go func() {", "go func(g *sync.WaitGroup) {")
        .replace("group.Add(1)", "g.Add(1)")
        .replace("}()", "}(&group)"),
        LATE.replace("group.Add(1)", "group.Add(1); load(name)"),
        LATE.replace("go func", "load(name); go func"),
        LATE.replace("go func() {\n\t\t\tgroup.Add(1)", "go func() { group.Add(1)"),
        # What comes behind it in the turn would not wait any more.
        IN_LOOP.replace("group.Wait()", "group.Wait()\n\t\tload(name)"),
        IN_LOOP.replace("\t\tgroup.Wait()", "\t\tload(name); group.Wait()"),
    ],
)
def test_where_it_is_not_sure_there_is_no_fix(body: str) -> None:
    (found,) = go_findings(RULE, {"p/a.go": program(body)})
    assert found.fix is None
