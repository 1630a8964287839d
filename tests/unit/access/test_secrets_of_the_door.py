"""Passwords, tokens and codes: what may be one, and what is kept of it."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher

from crosswatch.access.passwords import hash_password, is_outdated, is_password, password_problem
from crosswatch.access.tokens import (
    digest,
    form_token,
    is_same,
    new_key,
    new_setup_code,
    new_token,
    tidy_code,
)

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        (PASSWORD, ""),
        ("a" * 12, ""),
        ("a" * 1024, ""),
        ("a" * 11, "at least 12"),
        ("", "at least 12"),
        ("a" * 1025, "at most 1024"),
        ("ﬁ" * 6, ""),  # composed letters count as what they stand for
    ],
)
def test_a_password_is_long_enough_and_that_is_all(password, problem):
    assert problem in password_problem(password)
    assert bool(problem) is bool(password_problem(password))


def test_only_the_password_itself_fits_its_hash():
    kept = hash_password(PASSWORD)
    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + " ", kept)
    assert not is_password("", kept)
    assert not is_password("a" * 100_000, kept)
    assert PASSWORD not in kept
    assert hash_password(PASSWORD) != kept


def test_nobody_has_a_password_and_it_takes_as_long_to_say_so():
    assert not is_password(PASSWORD, None)


def test_a_hash_that_makes_no_sense_fits_nothing():
    assert not is_password(PASSWORD, "plain text")


def test_the_same_letters_are_the_same_password_whatever_keyboard_composed_them():
    assert is_password("cafe\u0301 noir bien serre", hash_password("caf\u00e9 noir bien serre"))


def test_half_of_a_character_pair_is_no_way_to_break_anything():
    assert not is_password("\ud800" * 12, hash_password(PASSWORD))


def test_a_hash_is_argon2id_with_what_is_advised_and_an_older_one_is_noticed():
    kept = hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not is_outdated(kept)
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert is_outdated(weaker)


def test_tokens_are_fresh_and_long():
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 43  # 256 bits in base64
    assert new_key().startswith("cw_")


def test_what_is_kept_of_a_token_does_not_give_it_away():
    token = new_token()
    assert token not in digest(token)
    assert digest(token) == digest(token) != digest(new_token())
    assert form_token(token) not in {token, digest(token)}


def test_a_code_can_be_typed_as_it_is_read():
    code = new_setup_code()
    assert re.fullmatch(r"[A-HJ-NP-TV-Z2-9]{4}(-[A-HJ-NP-TV-Z2-9]{4}){2}", code.replace("U", "V"))
    assert tidy_code(f" {code.lower().replace('-', ' ')}\n") == code
    assert tidy_code("") == ""
    assert tidy_code("ü-é") == ""


@pytest.mark.parametrize(("given", "expected"), [("", ""), ("a", ""), ("", "a"), ("a", "b"), ("\udcff", "a")])
def test_two_secrets_that_differ_or_are_empty_are_not_the_same(given, expected):
    assert not is_same(given, expected)


def test_the_same_secret_is_the_same():
    assert is_same("a secret", "a secret")
