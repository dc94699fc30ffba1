"""The documented activity catalogue (domain.md 9) in a form that people can read and change.

The fixture ``catalogue.json`` is made from these modules by ``manage.py write_catalogue``; ``manage.py load_catalogue`` installs it. The
placeholder ``{operator}`` in texts becomes the operator's name when somebody reads them.
"""
