"""The activity catalog as JSON documents that people can read and edit, with texts by language.

``default.json`` is a starting point for every portal; it has no caps, because each operator sets its own. Another
document can extend it: an entry with a code from default.json replaces the fields that it contains, other entries are
added, at the end or ``after`` another one. Texts are required in all ``languages`` of the document and optional in
others; ``{operator}`` in a text becomes the operator's name when it is read. ``read_catalog`` checks a document
completely, ``load_catalog`` (``manage.py load_catalog``) installs it.
"""

from .documents import DEFAULT, CatalogError, read_catalog
from .loader import Loaded, load_catalog

__all__ = ["DEFAULT", "CatalogError", "Loaded", "load_catalog", "read_catalog"]
