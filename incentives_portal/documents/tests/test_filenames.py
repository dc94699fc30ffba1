import pytest

from incentives_portal.documents import filenames

HOSTILE = [
    ("../../x.pdf", "x.pdf"),
    ("C:\\folder\\x.pdf", "x.pdf"),
    ("x\r\nSet-Cookie: a=b.pdf", "xSet-Cookie: a=b.pdf"),
    ('"; filename="x.html.pdf', '"; filename="x.html.pdf'),
    ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
    ("a" * 300 + ".pdf", "a" * 146 + ".pdf"),
    ("x.exe.pdf", "x.exe.pdf"),
    (".pdf", "file.pdf"),
    ("..hidden.pdf", "hidden.pdf"),
    ("x.pdf. .", "x.pdf"),
    ("x\0.pdf", "x.pdf"),
    ("=cmd().pdf", "=cmd().pdf"),
    ("a\u00a0\u2003 b.pdf", "a b.pdf"),
    ("\u200bzero\u2066width.pdf", "zerowidth.pdf"),
    ("A\u0308rger.pdf", "Ärger.pdf"),
    ("no ending", "no ending"),
    ("/", "file"),
    ("", "file"),
    ("." * 400, "file"),
    ("b" * 400, "b" * 150),
]


@pytest.mark.parametrize(("raw", "shown"), HOSTILE)
def test_clean_name_shows_what_is_safe(raw, shown):
    assert filenames.clean(raw) == shown


@pytest.mark.parametrize(("name", "ending"), [("a.PDF", "pdf"), ("a.b.xml", "xml"), ("none", ""), ("a.", "")])
def test_ending_is_what_stands_after_the_last_point(name, ending):
    assert filenames.ending(name) == ending
