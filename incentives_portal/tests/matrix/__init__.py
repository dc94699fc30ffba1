"""Who gets in where: the one written table of every address of the portal, and the objects that it is tried on.

The columns are in people.py, the lines in pages.py (portal) and admin_site.py (admin site, signing in), the objects in objects.py. A new
address needs a line here before the tests pass; write there what is meant, not what the address happens to answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .people import NOBODY, PARTNERS, Who

OK, LED, FORBIDDEN, HIDDEN, NOT_THUS = 200, 302, 403, 404, 405
#: What is put down for a redirect to where one signs in.
SIGN_IN = 401
#: What a post that may be tried can come to: shown again, done, somebody was faster, not valid.
TRIED = {200, 302, 409, 422}


@dataclass(frozen=True)
class Line:
    """One address with one object in one state.

    ``opens``: who gets the page (200); ``leads``: who is led to another page (302). ``sees``: for whom the object exists although they
    may not do this (403); for everybody else it does not (404). Without an object (``of`` empty) everybody else gets 403, and so does,
    before any object is looked for, who is in ``shut_out``.
    ``takes``: "GET" a page, "FORM" a page that is posted to as well, "POST" nothing but posts.
    ``parts``: which part of the object stands at which place of the address, where the place is not called as the part.
    ``verb`` and ``target``: the verb of a machine that the address does, and the status to which it leads.
    """

    name: str
    of: str = ""
    opens: Who = NOBODY
    leads: Who = NOBODY
    sees: Who = NOBODY
    shut_out: Who = NOBODY
    takes: str = "GET"
    parts: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    verb: str = ""
    target: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.verb, f"of the {self.of}" if self.of else "")))

    def admits(self, who: str, *, own: bool = True) -> bool:
        """Whether the person gets in; a partner's people never do where the object is another company's."""
        return who in self.opens | self.leads and (own or who not in PARTNERS)

    def get(self, who: str, *, own: bool = True) -> int:
        """The answer to GET."""
        if self.takes == "POST" and who not in self.shut_out:
            return NOT_THUS
        if self.admits(who, own=own):
            return OK if who in self.opens else LED
        return self.refusal(who, own=own)

    def refusal(self, who: str, *, own: bool = True) -> int:
        """How somebody is turned away who has signed in."""
        if who in self.shut_out or not self.of:
            return FORBIDDEN
        return FORBIDDEN if who in self.sees and (own or who not in PARTNERS) else HIDDEN


@dataclass(frozen=True)
class Door:
    """An address of signing in and out, or for machines: what GET answers to strangers, and to people who have signed in."""

    name: str
    strangers: int
    people: int
    parts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def said(line: Line, own: bool = True) -> str:
    """How a test names the line."""
    return str(line) if own else f"{line}, of the other company"
