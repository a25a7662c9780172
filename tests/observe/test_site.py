from snowshed.model import Frame
from snowshed.observe._registry._site import Site

LINE = Frame("buy", "shop.py", 7)


def test_what_loops_have_handed_over_adds_up_and_the_highest_peak_stays() -> None:
    site = Site(LINE, "user")
    site.fold(10, 4)
    site.fold(5, 3)
    assert (site.created, site.peak) == (15, 4)


def test_a_lock_that_the_parent_held_does_not_stop_the_child() -> None:
    site = Site(LINE, "user")
    site._lock.acquire()
    site.after_fork()
    site.fold(1, 1)
    assert site.created == 1


def test_it_shows_its_line() -> None:
    assert repr(Site(LINE, "user")) == "<Site shop.py:7 buy>"
