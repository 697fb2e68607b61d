"""Markdown becomes wiki markup; signs that mean nothing in Markdown mean nothing in Jira."""

import pytest

from penstock_jira.errors import FieldFault
from penstock_jira.wiki import escaped, wiki


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
        ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
        ("[docs](docs/a.md)", "docs (docs/a.md)"),
        ("[mail](mailto:a@example.com)", "[mail|mailto:a@example.com]"),
        ("![a plan](plan.png)", "a plan (plan.png)"),
        ("![](plan.png)", "plan.png"),
        ("[~admin] @all", "\\[\\~admin\\] @all"),
        ("[~admin](https://e.example.com)", "[\\~admin|https://e.example.com]"),
        ("{html}<script>{html}", "\\{html\\}<script>\\{html\\}"),
        ("\\# no list", "\\# no list"),
        ("h1. no heading, bq. no quote", "h1&#46; no heading, bq. no quote"),
        ("&amp;lt; is an entity", "&amp;lt; is an entity"),
        ("```\n{code}{html}\n```", "{noformat}\n{code}{html}\n{noformat}"),
        (
            "```\n{code}\n\n{noformat}\n```",
            "{{\\{code\\}}}\n\n{{\\{noformat\\}}}",
        ),
        ("> # a\n> - b", "{quote}\n\nh1. a\n\n* b\n\n{quote}"),
    ],
)
def test_markdown_becomes_wiki_markup(markdown: str, expected: str) -> None:
    assert wiki(markdown) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{html}x{html}", "\\{html\\}x\\{html\\}"),
        ("# a\n  # b", "\\# a\n  \\# b"),
        ("h2. a\nbq. b", "h2&#46; a\nbq&#46; b"),
        ("* a [~bob] !x.png!", "\\* a \\[\\~bob\\] \\!x.png!"),
        ("plain words, 4.2-1", "plain words, 4.2-1"),
    ],
)
def test_in_an_escaped_text_no_sign_means_anything(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize("deep", ["> " * 50 + "x", "- " * 50 + "x", "*" * 200 + "x" + "*" * 200])
def test_what_is_nested_too_deeply_is_refused_and_not_cut(deep: str) -> None:
    with pytest.raises(FieldFault, match="is nested too deeply, in lists, quotes or marks"):
        wiki(deep)
