"""A bundle of evidence: sealed so that a change by hand is seen."""

import hashlib

import pytest

from penstock.evidence import broken, digests, sealed

BUNDLE = {"issue": {"key": "REL-1", "n": 3, "ü": None}, "changes": [1.5, "x"]}


def test_each_entry_is_sealed_by_its_own_digest():
    found = sealed(BUNDLE)
    text = b'{"key":"REL-1","n":3,"\\u00fc":null}'
    assert digests(found)["issue"] == hashlib.sha256(text).hexdigest()
    assert set(digests(found)) == {"issue", "changes"}
    assert {name: found[name] for name in BUNDLE} == BUNDLE
    assert broken(found) == ()


def test_the_order_of_keys_is_no_change():
    assert digests(sealed({"a": {"x": 1, "y": 2}})) == digests(sealed({"a": {"y": 2, "x": 1}}))


def test_a_seal_is_made_anew():
    assert sealed(sealed(BUNDLE)) == sealed(BUNDLE)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"issue": {"key": "REL-2"}}, ("issue",)),
        ({"more": 1}, ("more",)),
        ({"sha256": {}}, ("changes", "issue")),
        ({"sha256": "gone"}, ("changes", "issue")),
        ({"issue": None, "changes": None}, ("changes", "issue")),
    ],
)
def test_whatever_was_changed_is_found(changed, names):
    assert broken({**sealed(BUNDLE), **changed}) == names


def test_what_was_taken_away_is_found():
    left = {name: value for name, value in sealed(BUNDLE).items() if name != "issue"}
    assert broken(left) == ("issue",)


def test_without_evidence_nothing_is_broken():
    assert broken({}) == ()
