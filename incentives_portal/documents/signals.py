"""What documents/ announces about a file after its verdict; the apps above say whom it concerns."""

from django.dispatch import Signal

#: Sent in the transaction in which a finding of the virus scanner is written, with ``version`` and ``finding``, the name that it gave it.
malware_found = Signal()
#: Sent in the transaction in which a file that is attached already is refused, with ``version`` and ``reason``.
file_refused = Signal()
