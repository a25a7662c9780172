from snowshed.model import Frame


def test_a_frame_reads_as_editors_and_terminals_find_it() -> None:
    assert str(Frame("Shop.buy", "/srv/shop.py", 17)) == "/srv/shop.py:17 Shop.buy"


def test_a_frame_whose_source_is_unknown_is_its_function() -> None:
    assert str(Frame("runtime.gopark", "", 0)) == "runtime.gopark"
