"""Files within a file: left out of its copy and listed by name. Programs and archives are no evidence, and refused."""

from .reasons import Findings, Reason, Unreadable

_PROGRAMS = {
    "app",
    "bat",
    "cmd",
    "com",
    "cpl",
    "dll",
    "docm",
    "dotm",
    "exe",
    "hta",
    "iso",
    "img",
    "jar",
    "js",
    "jse",
    "lnk",
    "msc",
    "msi",
    "msp",
    "pif",
    "pptm",
    "ps1",
    "reg",
    "scr",
    "vbe",
    "vbs",
    "vhd",
    "wsf",
    "wsh",
    "xlam",
    "xlsm",
    "xltm",
}
_ARCHIVES = {"7z", "ace", "bz2", "cab", "gz", "rar", "tar", "tgz", "xz", "zip"}
#: Programs of Windows and Linux, scripts.
_PROGRAM_MARKS = (b"MZ", b"\x7fELF", b"#!")
_ARCHIVE_MARKS = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"MSCF", b"BZh", b"\xfd7zXZ")
_ZIP_MARK = b"PK\x03\x04"
#: Documents that are zip archives.
_ZIPPED = {"docx", "dotx", "epub", "odg", "odp", "ods", "odt", "pptx", "vsdx", "xlsx", "xltx"}
_LONGEST_NAME = 150


def add(findings: Findings, name: str, first_bytes: bytes) -> None:
    """List one file within the file. Raises Unreadable for programs and archives, whether the name or the content says so."""
    ending = name.lower().rpartition(".")[2].strip()
    is_archive = ending in _ARCHIVES or first_bytes.startswith(_ARCHIVE_MARKS)
    is_archive |= first_bytes.startswith(_ZIP_MARK) and ending not in _ZIPPED
    if is_archive or ending in _PROGRAMS or first_bytes.startswith(_PROGRAM_MARKS):
        raise Unreadable(Reason.EMBEDDED)
    findings.attach(name[:_LONGEST_NAME])
