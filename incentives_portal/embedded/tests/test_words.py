import gettext
import os
from pathlib import Path

from incentives_portal.embedded.compile_translations import compile_translations

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Plan"
msgstr "Plan"

msgid "%(number)s claim"
msgid_plural "%(number)s claims"
msgstr[0] "%(number)s Antrag"
msgstr[1] "%(number)s Anträge"

#, fuzzy
msgid "Proof"
msgstr "Probe"
"""


def test_catalogue_is_compiled_once_per_change_and_without_fuzzy_entries(tmp_path: Path) -> None:
    source = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    assert compile_translations([tmp_path]) == [source]
    assert compile_translations([tmp_path]) == []
    words = gettext.translation("django", tmp_path, ["de"])
    assert words.ngettext("%(number)s claim", "%(number)s claims", 2) == "%(number)s Anträge"
    assert words.gettext("Proof") == "Proof"
    later = source.with_suffix(".mo").stat().st_mtime + 1
    os.utime(source, (later, later))
    assert compile_translations([tmp_path]) == [source]
