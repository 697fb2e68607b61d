"""Markdown becomes wiki markup; signs that mean nothing in Markdown mean nothing in Jira."""

import pytest

from penstock_jira.markdown import wiki


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Why\n\nThe *ledger* is **slow**.", "h1. Why\n\nThe _ledger_ is *slow*."),
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("- a\n- b\n  1. c\n  2. d\n\nend", "* a\n* b\n*# c\n*# d\n\nend"),
        ("1. a\n2. b", "# a\n# b"),
        ("[run 4](https://ci.example.com/4)", "[run 4|https://ci.example.com/4]"),
        ("![graph](https://x.example.com/g.png)", "!https://x.example.com/g.png!"),
        ("`rm -rf {x}`", "{{rm \\-rf \\{x\\}}}"),
        ("```python\nx = [1]\n```", "{code:python}\nx = [1]\n{code}"),
        ("```c++ x\ny\n```", "{code}\ny\n{code}"),
        ("    indented", "{code}\nindented\n{code}"),
        ("> said", "{quote}\n\nsaid\n\n{quote}"),
        ("a\n\n---\n\nb", "a\n\n----\n\nb"),
        ("~~gone~~", "-gone-"),
        ("| a | b |\n|---|---|\n| 1 | |", "||a||b||\n|1| |"),
        ("{code} [x] a_b 4.2-1 a - b wow! \\*", "\\{code\\} \\[x\\] a_b 4.2-1 a - b wow! \\*"),
        ("<b>raw</b>", "<b>raw</b>"),
        ("", ""),
    ],
)
def test_markdown_becomes_wiki_markup(markdown: str, expected: str) -> None:
    assert wiki(markdown) == expected
