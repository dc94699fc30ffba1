"""Papers of the demo: invoices, adverts, invitations, photos and results that look real.

The portal itself reads none of them; they are for reviewers of the demo. All names and numbers are invented.
"""

from .pictures import photo
from .prints import Bill, bill, paper

__all__ = ["Bill", "bill", "paper", "photo"]
