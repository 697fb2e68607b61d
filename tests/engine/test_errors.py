import pytest

from penstock import errors
from penstock.errors import (
    ConnectorError,
    ExpressionError,
    FailureType,
    Fault,
    OutcomeUnknown,
    OwnedElsewhere,
    OwnershipLost,
    PenstockError,
    Refused,
    StepExpired,
    StepFailed,
)


def test_all_is_sorted_and_complete() -> None:
    public = {
        name
        for name, value in vars(errors).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == errors.__name__
    }
    assert errors.__all__ == sorted(public)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("is wrong"), "is wrong"),
        (Fault("is wrong", "mend it"), "is wrong; mend it"),
        (Fault("is wrong", "", "p.yaml"), "p.yaml: is wrong"),
        (Fault("is wrong", "mend it", "p.yaml", 3, 7), "p.yaml:3:7: is wrong; mend it"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_a_refusal_holds_faults_and_takes_plain_texts_for_some() -> None:
    refused = Refused("no such file", Fault("is wrong", "mend it", "p.yaml", 1, 2))
    assert refused.faults[0] == Fault("no such file")
    assert str(refused) == "no such file\np.yaml:1:2: is wrong; mend it"


def test_faults_are_raised_once_each_and_by_place() -> None:
    late, early = Fault("b", file="p", line=10), Fault("a", file="p", line=9, column=4)
    with pytest.raises(ConnectorError) as caught:
        ConnectorError.unless_empty([late, early, late, Fault("c")])
    assert caught.value.faults == (Fault("c"), early, late)


def test_no_fault_is_no_refusal() -> None:
    Refused.unless_empty([])


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (PenstockError(), 1),
        (Refused("x"), 2),
        (ConnectorError("x"), 2),
        (ExpressionError("x"), 2),
        (StepFailed("x"), 1),
        (StepExpired("x"), 4),
        (OwnedElsewhere(), 2),
        (OwnershipLost(), 6),
    ],
)
def test_each_error_knows_its_exit_code(error: PenstockError, exit_code: int) -> None:
    assert error.exit_code == exit_code


def test_a_failed_step_says_what_to_do_and_which_failure_it_is() -> None:
    plain = StepFailed("it broke")
    assert (str(plain), plain.hint, plain.failure_type) == ("it broke", "", FailureType.UNKNOWN)
    failed = StepFailed("it broke", hint="mend it", failure=FailureType.AUTHORIZATION)
    assert (str(failed), failed.failure_type) == ("it broke; mend it", FailureType.AUTHORIZATION)
    assert OutcomeUnknown("x").failure_type is FailureType.CONNECTIVITY
    assert StepExpired("x").failure_type is FailureType.TIMEOUT


def test_an_expression_error_keeps_its_parts() -> None:
    error = ExpressionError("no such name", hint="did you mean 'a'?", offset=4)
    assert (error.message, error.hint, error.offset) == ("no such name", "did you mean 'a'?", 4)
    assert str(error) == "no such name; did you mean 'a'?"
    assert str(ExpressionError("no such name")) == "no such name"
