"""The activity catalog as documents that people can read and edit: JSON files, with texts keyed by language.

``default.json`` is what every portal can begin with; it has no caps, because these are each operator's own. Another document can extend it:
an entry whose code is in default.json replaces the fields that it names, the others are added, each at the end or ``after`` another one.
Texts are in all ``languages`` of the document, and in further ones where somebody wrote them; ``{operator}`` in a text becomes the
operator's name when it is read. ``read_catalog`` checks a document completely, ``load_catalog`` (``manage.py load_catalog``) installs it.
"""

from .documents import DEFAULT, CatalogError, read_catalog
from .loader import Loaded, load_catalog

__all__ = ["DEFAULT", "CatalogError", "Loaded", "load_catalog", "read_catalog"]
