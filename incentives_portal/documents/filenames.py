"""Names of uploaded files, made safe to show. A name never decides where or as what a file is stored."""

import re
import unicodedata

MAX_LENGTH = 150
_MAX_ENDING = 10
_NAMELESS = "file"


def clean(raw: str) -> str:
    """The name as it may be shown and offered for download: at most 150 characters, without path, controls and bidi marks."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    visible = "".join(" " if unicodedata.category(sign)[0] == "Z" else sign for sign in base if _is_visible(sign))
    name = re.sub(r" +", " ", visible).rstrip(". ").strip()
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _MAX_ENDING:
        return name.strip(". ")[:MAX_LENGTH] or _NAMELESS
    stem = stem.strip(". ")[: MAX_LENGTH - len(ending) - 1] or _NAMELESS
    return f"{stem}.{ending}"


def ending(name: str) -> str:
    """What stands after the last point, in lower case, or nothing."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def with_ending(name: str, wanted: str, *, replace: bool) -> str:
    """The name with another ending in the place of its own, or with one behind a name that has none; no longer than a name may be."""
    stem = name.rpartition(".")[0] if replace else name
    return f"{stem[: MAX_LENGTH - len(wanted) - 1]}.{wanted}"


def _is_visible(sign: str) -> bool:
    """Neither a control, a formatting mark (among them those that turn the direction of writing) nor half a character."""
    return unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
