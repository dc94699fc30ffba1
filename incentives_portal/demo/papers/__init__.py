"""The papers of the demo world: invoices, adverts, invitations, photos and results that look like what they are about.

Nothing here is read by the portal itself; a reviewer of the demo shall have something to read. All names and numbers are invented.
"""

from .pictures import photo
from .prints import Bill, bill, paper

__all__ = ["Bill", "bill", "paper", "photo"]
