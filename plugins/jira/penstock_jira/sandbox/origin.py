"""Where a browser's request comes from: the page's own forms, or somebody else's."""

import ipaddress
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

__all__ = ["foreign_fault", "page_fault", "rebound_fault"]

_ELSEWHERE = "This form was sent from another page. Open the sandbox's own page and try again."


def page_fault(request: Request, site: str = "") -> str | None:
    """Return why a form is not taken for the page's own, or ``None``.

    A browser says where a form comes from by Sec-Fetch-Site, Origin or Referer; one of them
    is needed, and what is there must name this site.
    """
    marks = ("Sec-Fetch-Site", "Origin", "Referer")
    if not any(name in request.headers for name in marks):
        return _ELSEWHERE
    return foreign_fault(request, site)


def foreign_fault(request: Request, site: str = "") -> str | None:
    """Return why a request is another site's, or ``None``; a client that is no browser passes.

    *site* is the sandbox's own address, whose name may have dots.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None and fetched not in ("same-origin", "none"):
        return _ELSEWHERE
    host = request.headers.get("Host", "")
    for name in ("Origin", "Referer"):
        address = request.headers.get(name)
        if address is not None and urlsplit(address).netloc != host:
            return _ELSEWHERE
    return rebound_fault(request, site)


def rebound_fault(request: Request, site: str = "") -> str | None:
    """Refuse a name with dots: a stranger's domain may point to this machine (DNS rebinding).

    A browser would let the stranger's page read what is answered.
    """
    try:
        name = (urlsplit(f"//{request.headers.get('Host', '')}").hostname or "").rstrip(".")
    except ValueError:
        return "The Host of this request is no address."
    if "." not in name or name.endswith(".localhost") or name == urlsplit(site).hostname:
        return None
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"Open the sandbox by its address, such as http://127.0.0.1, and not as {name}."
    return None
