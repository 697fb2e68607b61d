"""A plugin for Penstock in one module: a step type that greets. Copy it to begin your own."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

import penstock

__all__ = ["Hello", "penstock_step_types"]


class Hello(penstock.Step):
    """Greets someone."""

    type: ClassVar[str] = "Hello"
    repeatable: ClassVar[bool] = True  # greeting twice does no harm

    name: str = Field(min_length=1, description="Whom to greet")
    greeting: str = Field(default="Hello", description="With which word")

    def run(self, context: penstock.StepContext) -> penstock.Outputs:
        """Tell the person watching, and leave the greeting for later steps."""
        text = f"{self.greeting}, {self.name}!"
        context.note(text)
        return {"greeting": text}


@penstock.hookimpl
def penstock_step_types() -> Sequence[type[penstock.Step]]:
    """Provide ``Hello``."""
    return [Hello]
