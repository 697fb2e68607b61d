"""Secrets in expressions: they pass through, and nothing can be learned of them."""

from datetime import UTC, datetime

import pytest

from penstock.errors import ConnectorError
from penstock.expressions import ExpressionError, Names, parse
from penstock.secret import Secret

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def secret(reference: str) -> Secret:
    return Secret("hunter2-hunter2", reference)


@pytest.mark.parametrize(
    "expression",
    [
        'secrets.getValue("a") == "hunter2-hunter2"',
        'secrets.getValue("a") != secrets.getValue("b")',
        'secrets.getValue("a") < "x"',
        'secrets.getValue("a").length()',
        'secrets.getValue("a").startsWith("h")',
        'secrets.getValue("a").toString()',
        'secrets.getValue("a") | upper',
        'secrets.getValue("a") | length',
        'secrets.getValue("a") =~ "h.*"',
        '"x".contains(secrets.getValue("a"))',
        '"hunter2-hunter2".replace(secrets.getValue("a"), "")',
        '"h" in secrets.getValue("a")',
        'secrets.getValue("a") in ["x"]',
        'secrets.getValue("a") ? 1 : 2',
        'secrets.getValue("a").x',
        '[secrets.getValue("a")]',
        '[secrets.getValue("a")] | tojson',
        '[secrets.getValue("a")] == ["x"]',
        '[secrets.getValue("a")].indexOf("x")',
        'variables.token == "hunter2-hunter2"',
        "variables",
    ],
)
def test_a_secret_cannot_be_looked_at(expression: str) -> None:
    seen = Names({"variables": {"token": secret("token")}}, lambda: NOW, secret)
    with pytest.raises(ExpressionError) as caught:
        parse(f"{{{{ {expression} }}}}").render(seen)
    message = str(caught.value).replace(expression, "")
    assert "hunter2-hunter2" not in message.replace('"hunter2-hunter2"', "")


@pytest.mark.parametrize(
    ("text", "value", "reference"),
    [
        ('<+secrets.getValue("account.x")>', "hunter2-hunter2", "account.x"),
        ('Bearer <+secrets.getValue("x")>', "Bearer hunter2-hunter2", "x"),
        ('{{ "Bearer " ~ secrets.getValue("x") }}', "Bearer hunter2-hunter2", "x"),
        ('<+"Bearer ".concat(<+secrets.getValue("x")>)>', "Bearer hunter2-hunter2", "x"),
        ('<+"<+secrets.getValue("x")>!">', "hunter2-hunter2!", "x"),
        ("<+variables.token>-<+variables.token>", "hunter2-hunter2-hunter2-hunter2", "token"),
        (
            '<+variables.token>/<+secrets.getValue("y")>',
            "hunter2-hunter2/hunter2-hunter2",
            "token, y",
        ),
        ('<+true ? variables.token : "">', "hunter2-hunter2", "token"),
        ('{{ variables.token | default("x") }}', "hunter2-hunter2", "token"),
        ('<+secrets.getValue("<+which>")>', "hunter2-hunter2", "org.z"),
    ],
)
def test_a_text_with_a_secret_in_it_is_a_secret(text: str, value: str, reference: str) -> None:
    seen = Names(
        {"variables": {"token": secret("token")}, "which": "org.z"},
        lambda: NOW,
        secret,
    )
    result = parse(text).render(seen)
    assert isinstance(result, Secret)
    assert result.reveal() == value
    assert result.reference == reference


def test_where_there_are_no_secrets_reading_one_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="secrets cannot be read here"):
        parse('<+secrets.getValue("x")>').render(Names({}, lambda: NOW))


def test_a_secret_that_is_not_there_is_an_error_with_the_store_s_words() -> None:
    def missing(reference: str) -> Secret:
        raise ConnectorError(f"there is no secret {reference!r}")

    with pytest.raises(ExpressionError, match="there is no secret 'x'"):
        parse('<+secrets.getValue("x")>').render(Names({}, lambda: NOW, missing))
