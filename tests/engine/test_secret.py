import base64
import copy
import html
import json
import pickle
import shlex
import threading
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.secret import MASK, Masker, Secret

TOKEN = "tök/en+1'\"<&> \\x"


def masker(*values: str) -> Masker:
    result = Masker()
    for value in values:
        result.add(value)
    return result


# The type


def test_a_secret_reveals_its_value_and_nothing_else_does() -> None:
    secret = Secret("hunter22", "account.jira_token")
    assert secret.reveal() == "hunter22"
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", "%s" % secret]  # noqa: UP031 - also this way
    assert not any("hunter22" in text for text in shown)
    assert repr(secret) == "Secret(account.jira_token)"
    assert str(secret) == MASK


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_cannot_be_written_anywhere(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError):
        write(Secret("hunter22", "x"))


# What is masked


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        quote(TOKEN),
        quote(TOKEN, safe=""),
        quote_plus(TOKEN),
        quote(TOKEN, safe="").lower(),
        urlencode({"os_password": TOKEN}),
        json.dumps({"token": TOKEN}),
        json.dumps({"token": TOKEN}, ensure_ascii=False),
        repr([TOKEN]),
        html.escape(TOKEN),
        html.escape(TOKEN, quote=False),
        f"curl -H {shlex.quote('Bearer ' + TOKEN)}",
        TOKEN.encode().hex(),
        TOKEN.encode().hex().upper(),
        base64.b64encode(TOKEN.encode()).decode(),
        base64.b64encode(TOKEN.encode("latin-1")).decode(),
        base64.urlsafe_b64encode(TOKEN.encode()).decode(),
    ],
)
def test_the_usual_encodings_of_a_secret_are_masked(form: str) -> None:
    """S2; lower-cased percent codes only, since the rest of such an address keeps its case."""
    masked = masker(TOKEN.lower() if form.islower() else TOKEN).mask(f"<<{form}>>")
    assert MASK in masked
    assert not any(part in masked for part in ("en+1", "en%2B1", "en%2b1"))
    assert masked.startswith("<<") and masked.endswith(">>")


@given(st.binary(max_size=7), st.text("abcXYZ019+/", min_size=6), st.binary(max_size=7))
def test_a_secret_inside_a_longer_base64_text_is_masked_at_every_alignment(
    before: bytes, token: str, after: bytes
) -> None:
    encoded = base64.b64encode(before + token.encode() + after).decode()
    for text in (encoded, encoded.translate(str.maketrans("+/", "-_"))):
        masked = masker(token).mask(text)
        assert MASK in masked
        # At most the digit at each end that is mixed with a neighbour, and what is not the secret.
        assert len(masked) - len(MASK) <= 4 * ((len(before) + 2) // 3 + (len(after) + 2) // 3) + 4


def test_the_password_of_basic_authentication_is_masked() -> None:
    header = base64.b64encode(b"release-bot@example.com:sesame").decode()
    assert MASK in masker("sesame").mask(f"Authorization: Basic {header}")


def test_every_line_of_a_secret_is_masked() -> None:
    text = masker("-----BEGIN\nabcdefgh\nend").mask("x abcdefgh y -----BEGIN z\nend")
    assert text == f"x {MASK} y {MASK} z\nend"


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    assert masker("token1", "token1-and-more").mask("a token1-and-more b") == f"a {MASK} b"


@pytest.mark.parametrize("value", ["a.*b(c)", "********", "{{ x }}", "***$1\\g<0>", "\ud800secret"])
def test_a_secret_of_special_characters_is_masked_as_it_is(value: str) -> None:
    """S13."""
    assert masker(value).mask(f"[{value}]") == f"[{MASK}]"


@pytest.mark.parametrize(("value", "hidden"), [("banana", True), ("no", False), ("", False)])
def test_a_short_value_is_not_masked_and_that_is_told(value: str, hidden: bool) -> None:
    """S4."""
    masks = Masker()
    assert masks.add(value) is hidden
    assert masks.add(value) is hidden
    assert masks.mask("banana, no") == (f"{MASK}, no" if hidden else "banana, no")


def test_an_old_value_stays_masked_after_a_new_one_came() -> None:
    """S12."""
    assert masker("old-token", "new-token").mask("old-token new-token") == f"{MASK} {MASK}"


def test_texts_in_json_are_masked_keys_too_and_the_rest_is_kept() -> None:
    value = {"a sesame": ["sesame", 1, None, True, {"b": ("x", "sesame!")}]}
    assert masker("sesame").mask_json(value) == {
        f"a {MASK}": [MASK, 1, None, True, {"b": ["x", f"{MASK}!"]}]
    }


def test_json_is_returned_as_it_is_where_nothing_is_hidden() -> None:
    value = {"a": ["b"]}
    assert Masker().mask_json(value) is value
    assert Masker().mask("text") == "text"


def test_secrets_added_by_many_threads_are_all_masked() -> None:
    masks = Masker()
    values = [f"token-number-{i}" for i in range(40)]
    threads = [threading.Thread(target=masks.add, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "token" not in masks.mask(" ".join(values))
