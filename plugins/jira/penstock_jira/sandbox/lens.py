"""Through what a request sees the sandbox: the flavour, the API version, the address, the user."""

from dataclasses import dataclass
from typing import Literal

from penstock_jira.sandbox.contents import Contents
from penstock_jira.sandbox.world import User, World

__all__ = ["CLOUD", "DATA_CENTER", "Flavour", "Lens"]

CLOUD: Literal["cloud"] = "cloud"
DATA_CENTER: Literal["data-center"] = "data-center"

Flavour = Literal["cloud", "data-center"]


@dataclass(frozen=True)
class Lens:
    """The world and the contents, as one caller sees them."""

    world: World
    contents: Contents
    flavour: Flavour
    #: The site's address without a final slash.
    site: str
    #: ``2``, ``3`` or ``latest``: the version in the path of the request.
    api: str = "2"
    user: User | None = None

    @property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud."""
        return self.flavour == CLOUD

    @property
    def documents(self) -> bool:
        """Whether rich text is an Atlassian document here, as in version 3, and not text."""
        return self.api == "3"

    @property
    def rest(self) -> str:
        """The address under which the resources of this API version are."""
        return f"{self.site}/rest/api/{self.api}"
