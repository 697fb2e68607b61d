"""Where a browser's request comes from: the page's own forms, or somebody else's."""

import ipaddress
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

__all__ = ["foreign_fault", "page_fault"]

_ELSEWHERE = "This form was sent from another page. Open the sandbox's own page and try again."


def page_fault(request: Request) -> str | None:
    """Return why a form is not taken for the page's own, or ``None``.

    A browser says where a form comes from by Sec-Fetch-Site, Origin or Referer; one of them
    is needed, and what is there must name this site.
    """
    marks = ("Sec-Fetch-Site", "Origin", "Referer")
    if not any(name in request.headers for name in marks):
        return _ELSEWHERE
    return foreign_fault(request)


def foreign_fault(request: Request) -> str | None:
    """Return why a request is another site's, or ``None``; a client that is no browser passes."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return _ELSEWHERE
    host = request.headers.get("Host", "")
    for name in ("Origin", "Referer"):
        address = request.headers.get(name)
        if address is not None and urlsplit(address).netloc != host:
            return _ELSEWHERE
    return _rebound_fault(host)


def _rebound_fault(host: str) -> str | None:
    """Refuse a name with dots: a stranger's domain may point to this machine (DNS rebinding)."""
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    if "." not in name or name.endswith(".localhost"):
        return None
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"Open the sandbox by its address, such as http://127.0.0.1, and not as {name}."
    return None
