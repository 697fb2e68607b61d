"""What an approval asks of those who approve: values, each checked before it is taken."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from penstock.errors import Refused
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock.pattern import Pattern
from penstock_core.spec import OutputName, Spec, scalar_text

__all__ = ["ApproverInput", "taken"]


def _pattern(text: str) -> str:
    if text:
        Pattern(text)  # raises what pydantic reports
    return text


class ApproverInput(Spec):
    """A value that is asked of an approver."""

    name: OutputName = Field(description="What it is called: -i NAME=VALUE.")
    default_value: Annotated[str, BeforeValidator(scalar_text)] = Field(
        "", description="What it is where an approver does not say."
    )
    required: bool = Field(default=False, description="Whether it must not be empty.")
    allowed_values: tuple[str, ...] = Field((), description="What it may be.")
    select_one_from: tuple[str, ...] = Field((), description="The same.")
    select_many_from: tuple[str, ...] = Field(
        (), description="What it may be; several have commas between them."
    )
    regex: Annotated[str, AfterValidator(_pattern)] = Field(
        "", description="What all of it must match (RE2)."
    )
    description: str = Field("", description="What it is for.")

    def complaint(self, value: str) -> str | None:
        """Return what is wrong with a value, or ``None``."""
        if not value:
            return "must be given" if self.required else None
        if self.regex and not Pattern(self.regex).matches(value):
            return f"does not match {self.regex}"
        one = (*self.allowed_values, *self.select_one_from)
        if one and value not in one:
            return f"must be one of {', '.join(one)}"
        many = self.select_many_from
        if many and not all(part.strip() in many for part in value.split(",")):
            return f"must be some of {', '.join(many)}, with commas between them"
        return None


def taken(inputs: Sequence[ApproverInput], given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of *inputs*, defaults included; raise ``Refused`` for what is wrong."""
    known = [item.name for item in inputs]
    complaints = []
    for name in given:
        if name not in known:
            hint = suggestion(name, known) or "it asks for none"
            complaints.append(f"there is no approver input {name!r}; {hint}")
    values: dict[str, Json] = {}
    for item in inputs:
        value = str(given.get(item.name, item.default_value))
        problem = item.complaint(value)
        if problem is not None:
            about = f" ({item.description})" if item.description else ""
            complaints.append(f"-i {item.name}=…{about}: it {problem}")
        values[item.name] = value
    if complaints:
        raise Refused(*complaints)
    return values
