from __future__ import annotations

from crosswatch.access.headers import Heads


def test_a_header_is_found_in_small_letters_and_without_blanks():
    heads = Heads([(b"X-Api-Key", b" abc ")])
    assert heads.get("x-api-key") == "abc"
    assert "x-api-key" in heads
    assert heads.get("x-other") is None


def test_a_header_that_came_twice_is_both():
    heads = Heads([(b"host", b"a"), (b"host", b"b")])
    assert heads.get("host") == "a, b"
    assert list(heads) == ["host"]


def test_a_list_is_its_entries_in_order():
    heads = Heads([(b"x-forwarded-for", b"a, ,b"), (b"x-forwarded-for", b"c")])
    assert heads.listed("x-forwarded-for") == ["a", "b", "c"]
    assert heads.listed("x-forwarded-host") == []


def test_every_cookie_of_a_name_is_found_and_no_other():
    heads = Heads([(b"cookie", b"a=1; crosswatch_1=x=y; crosswatch_12=no"), (b"cookie", b"crosswatch_1=z")])
    assert heads.cookies("crosswatch_1") == ["x=y", "z"]
    assert heads.cookies("b") == []
