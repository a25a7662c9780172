"""Channels of a package: where they go, what is done with them, and who may do more."""

from __future__ import annotations

import pytest

from lint._go_code import package
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import Channel, Does, channels
from snowshed.lint._go._mentions import FieldOf, mentions_of, undirected
from snowshed.lint._go._numbers import number


def only(*codes: str) -> Channel:
    (found,) = channels(package(*codes))
    return found


def done(channel: Channel) -> list[tuple[str, int]]:
    return [(each.does.name, each.node.line) for each in channel.operations]


@pytest.mark.parametrize(
    ("places", "capacity", "is_fixed"),
    [
        ("", 0, True),
        (", 0", 0, True),
        (", 3", 3, True),
        (", small", 2, True),
        (", size", None, True),
        (", n", None, False),
        (", len(all)", None, False),
        (", grown", None, False),
    ],
)
def test_the_capacity(places: str, capacity: int | None, is_fixed: bool) -> None:
    channel = only(
        f"""
        const size = 4
        func f(n int, all []int) {{
            const small = 2
            grown := 1
            grown++
            ch := make(chan int{places})
            <-ch
        }}
        """
    )
    assert channel.capacity == capacity
    assert channel.is_fixed is is_fixed


def test_what_is_done_in_a_function_and_its_literals() -> None:
    channel = only(
        """func f() {
            ch := make(chan int)
            go func() { ch <- 1; close(ch) }()
            for range ch {
            }
            println(len(ch), ch == nil)
        }
        """
    )
    assert done(channel) == [("SEND", 4), ("CLOSE", 4), ("RANGE", 5), ("LENGTH", 7)]
    assert channel.variable is not None
    assert channel.variable.name == "ch"
    assert not channel.outside


def test_the_way_over_parameters_fields_and_results() -> None:
    channel = only(
        """type s struct{ in chan int }
        func made() *s {
            ch := make(chan int)
            return wrap(ch)
        }
        func wrap(c chan int) *s { return &s{in: c} }
        func (x *s) channel() chan int { return x.in }
        func (x *s) put() { x.in <- 1 }
        func get(x *s) { <-x.channel() }
        func other(c chan int) { c <- 2 }
        """
    )
    assert done(channel) == [("SEND", 9), ("RECEIVE", 10)]
    assert FieldOf("s", "in") in channel.keeps
    assert channel.variable is None
    assert not channel.outside


def test_a_case_of_a_select_is_told_from_what_it_does() -> None:
    channel = only(
        """func f(stop chan int) {
            ch := make(chan int)
            select {
            case v := <-ch:
                ch <- v
            case ch <- 2:
            case <-stop:
            }
            select {
            case <-ch:
            default:
            }
            select {
            case <-ch:
            }
        }
        """
    )
    seen = [(each.node.line, each.case is not None, each.is_plain) for each in channel.operations]
    assert seen == [
        (5, True, False),
        (6, False, True),
        (7, True, False),
        (11, True, False),
        (15, True, True),
    ]
    assert [each.blocks for each in channel.operations] == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("code", "receives", "sends"),
    [
        ("func F() chan int { return make(chan int) }", True, True),
        ("func F() <-chan int { return make(chan int) }", True, False),
        ("func F() chan<- int { return make(chan int) }", False, True),
        ("func f() chan int { return make(chan int) }", False, False),
        ("var F = make(chan int)\nfunc f() { F = make(chan int) }", True, True),
        ("func f(x interface{ Do(chan int) }) { x.Do(make(chan int)) }", True, True),
        ("func f(do func(chan int)) { do(make(chan int)) }", True, True),
        ("func f() any { var x any = make(chan int); return x }", True, True),
        ("func f() { ch := make(chan int); p := &ch; <-*p }", True, True),
        ("func f() { ch := make(chan int); other.Do(ch) }", True, True),
        ("type S struct{ C chan int }\nfunc f() { g(S{C: make(chan int)}) }", True, True),
        ("type S struct{ C <-chan int }\nfunc f() { g(S{C: make(chan int)}) }", True, False),
        ("type s struct{ C chan int }\nfunc f() { g(s{make(chan int)}) }", False, False),
        ("func f() { g(other.S{C: make(chan int)}) }", True, True),
        ("func f() (c chan int) { c = make(chan int); return }\nvar _ = f", False, False),
    ],
)
def test_who_else_may_get_it(code: str, receives: bool, sends: bool) -> None:
    (channel,) = channels(package(code))
    assert (channel.receives_outside, channel.sends_outside) == (receives, sends)


def test_in_a_program_nobody_else_is_there() -> None:
    code = "package main\nfunc F() chan int { return make(chan int) }"
    assert not only(code).outside


HIDDEN = """
type queue struct{{ items chan int }}
{more}
func make_() *queue {{ return &queue{{items: make(chan int)}} }}
func (q *queue) Items() chan int {{ return q.items }}
func run(q *queue) {{ {call} }}
"""


@pytest.mark.parametrize(
    ("more", "call", "outside"),
    [
        ("", "<-q.Items()", False),
        ("", "println(q)", True),
        ("type items interface { Items() chan int }", "<-q.Items()", True),
        ("type All struct{ *queue }", "<-q.Items()", True),
        ("type All struct{ Queue *queue }", "<-q.Items()", True),
        ("func New() (*queue, error) { return nil, nil }", "<-q.Items()", True),
    ],
    ids=["only here", "by nobody here", "by an interface", "embedded", "a field", "returned"],
)
def test_a_method_of_what_others_cannot_name(more: str, call: str, outside: bool) -> None:
    assert only(HIDDEN.format(more=more, call=call)).receives_outside is outside


def test_a_method_of_an_interface_of_the_package_is_known() -> None:
    channel = only(
        """type doer interface{ do(chan int) }
        type one struct{}
        func (one) do(c chan int) { c <- 1 }
        func f(x doer) { x.do(make(chan int)) }
        """
    )
    assert done(channel) == [("SEND", 4)]
    assert [each.is_sure for each in channel.operations] == [False]
    assert not channel.outside


def test_a_field_of_something_unknown_may_be_this_one() -> None:
    channel = only(
        """type s struct{ in chan int }
        func f() *s { return &s{in: make(chan int)} }
        func g(x any) { other.Value(x).in <- 1 }
        """
    )
    assert [each.is_sure for each in channel.operations] == [False]


def test_elements_of_slices_maps_and_channels() -> None:
    channel = only(
        """type s struct{ all []chan int; by map[string]chan<- int; over chan chan int }
        func (x *s) f() {
            ch := make(chan int)
            x.all = append(x.all, ch)
            x.by["a"] = ch
            x.over <- ch
        }
        func (x *s) g() {
            for _, c := range x.all {
                <-c
            }
            x.by["b"] <- 1
            c := <-x.over
            close(c)
        }
        """
    )
    assert done(channel) == [("RECEIVE", 11), ("SEND", 13), ("CLOSE", 15)]
    assert not channel.outside


def test_what_holds_it_may_be_handed_on() -> None:
    channel = only(
        """type s struct{ over chan chan int }
        func (x *s) Over() <-chan chan int { return x.over }
        func (x *s) f() { ch := make(chan int); x.over <- ch; <-ch }
        """
    )
    assert channel.sends_outside


def test_a_type_of_its_own_may_do_anything() -> None:
    channel = only(
        """type out chan<- int
        func (o out) write() { o <- 1 }
        func f() {
            ch := make(chan int)
            o := out(ch)
            o.write()
        }
        """
    )
    assert channel.outside


def test_packages_without_channels_are_not_looked_at() -> None:
    found = package("func f() { println(1) }")
    assert mentions_of(found).functions == ()
    assert channels(found) == []


@pytest.mark.parametrize(
    ("type_", "without"),
    [
        ("<-chan int", "chan int"),
        ("chan<- int", "chan int"),
        ("chan int", "chan int"),
        ("int", "int"),
    ],
)
def test_a_type_without_its_direction(type_: str, without: str) -> None:
    assert undirected(type_) == without


def test_a_number_is_a_literal_or_a_name_that_stays() -> None:
    found = package("func f(p int) { a := 3; b := 4; b++; println(a, b, 5, p, g()) }")
    (call,) = [each for each in found.functions[0].all(n.Call) if each.method == "println"]
    assert [number(each) for each in call.arguments] == [3, None, 5, None, None]
    assert number(None) is None


def test_kinds_of_operations() -> None:
    channel = only("func f() { ch := make(chan int, 1); ch <- 1; <-ch; close(ch) }")
    assert len(channel.of(Does.SEND, Does.CLOSE)) == 2
    assert [len(each) for each in (channel.sends, channel.receives, channel.closes)] == [1, 1, 1]
