"""The file that says who is in which group."""

import pytest

from penstock.errors import Refused
from penstock_core.groups import Groups


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "groups.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_people_are_found_by_name_and_by_address_whatever_the_case(written):
    directory = written("groups: {cab: [Maria, lead@example.com], account.ops: [maria]}")
    groups = Groups(["cab", "account.ops"], directory)
    assert groups.of("maria", "") == ("cab", "account.ops")
    assert groups.of("x", "LEAD@example.com") == ("cab",)
    assert groups.of("lead@example.com", "") == ("cab",)
    assert groups.of("x", "") == ()
    assert groups.of("", "") == ()


@pytest.mark.parametrize(
    "name",
    ["_project_all_users", "org._organization_all_users", "account._account_all_users"],
)
def test_everybody_is_in_the_groups_of_everybody_without_a_file(tmp_path, name):
    assert Groups([name], tmp_path).of("anybody", "") == (name,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups: {cba: [maria]}", "has no group 'cab'; did you mean 'cba'?"),
        ("groups: {}", "has no group 'cab'; "),
        ("people: {cab: [maria]}", "it holds no mapping `groups`, or more than that"),
        ("groups: {cab: [maria]}\nmore: x", "it holds no mapping `groups`, or more than that"),
        ("[]", "it holds no mapping `groups`"),
        ("groups: [cab]", "it holds no mapping `groups`"),
        ("groups: {cab: maria}", "the group 'cab' is no list of people"),
        ("groups: {cab: [[maria]]}", "the group 'cab' is no list of people"),
        ("groups: {cab: ['']}", "the group 'cab' is no list of people"),
        ("groups: {cab: [maria]", ""),
    ],
)
def test_a_file_that_does_not_tell_is_refused_with_its_place(written, text, message):
    with pytest.raises(Refused) as caught:
        Groups(["cab"], written(text))
    assert message in str(caught.value)
    assert "groups.yaml" in str(caught.value)


def test_a_missing_file_says_what_to_write(tmp_path):
    with pytest.raises(Refused) as caught:
        Groups(["cab", "ops"], tmp_path)
    assert str(caught.value).startswith("nobody knows who is in cab, ops; write it into ")
    assert "groups: {cab: [maria, lead@example.com]}" in str(caught.value)
