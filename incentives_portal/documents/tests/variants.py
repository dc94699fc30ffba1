"""Files of every kind that honest people send and that were once refused wrongly (K1 to K16), each in as many variants as are asked for.

A variant is drawn from a random number generator, so that the same seed makes the same file. The dangerous ones: ``hostile_variants.py``.
"""

import io
import random
from base64 import b85decode
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import decompress

from PIL import Image

from incentives_portal.sandbox.parsing.reasons import Content

from . import corpus, samples
from .corpus import pdf_of

Random = random.Random
_OOXML = "application/vnd.openxmlformats-officedocument."
_SHEET_MAIN, _WORD_MAIN = f"{_OOXML}spreadsheetml.sheet.main+xml", f"{_OOXML}wordprocessingml.document.main+xml"
_WORKSHEET = f"{_OOXML}spreadsheetml.worksheet+xml"
#: A HEIC with two pictures of 64 × 64 pixels, red and blue, made with pillow-heif, which the portal does not need.
_TWO_PICTURES = (
    "c-muNV30{GsVvAy%}izhg51nBLl8SRGck>UfiXWfwIq=N0u(b+a*CjAhJwuG5(YHDSCCnf3uZ9_u}Nl5KG;YX2L>jv2m|9}2n_^MKrxWWS|kw$28+zhyfiQm"
    "Br6K!q%uLx%P31WWIz#QLI|G7EGQ}f(n~T6lJkLd1yI77k+}fwG`SB9fBydX!N9=JoB%XU!hw;8@&A920%nE@AOeWwb}>050wuMb7#Y!I7AQ2bPJ894xh{`M"
    "iiZOv1R)%ffa=*@7!MY0P;vlTBa&HMkP5ZZ0g43*GAlAc0?Zs7KwS(nnFYD9AO(gCb0ZTo0~45JV6e$eNdyI}m<Hqeh@X6u;{SizdjEgmKj$aE7fUN_K#}>;"
    "P}6^^s{Ts`PfpVT08zPD%K"
)


@dataclass(frozen=True)
class Honest:
    """A file as it is sent; the name under which it is stored, and what its copy or its inspection must say."""

    name: str
    data: bytes
    stored: str
    contents: set[Content] = field(default_factory=set)
    encoding: str = ""
    #: A text that the copy shows, for tables and texts.
    says: str = ""


def workbook(
    cells: str, sheets: dict[str, str] | None = None, main_type: str = "Override", **members: bytes | str
) -> bytes:
    """A spreadsheet as programs write it: one sheet of cells, further ones by name and attributes, its main part declared either way."""
    names = {"Costs": "", **(sheets or {})}
    listed = "".join(
        f'<sheet name="{name}" {more} r:id="r{number}"/>' for number, (name, more) in enumerate(names.items())
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="urn:x/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in range(len(names))
    )
    body = f'<worksheet xmlns="urn:s"><sheetData>{cells}</sheetData></worksheet>'
    declared = (
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_MAIN}"/>'
        if main_type == "Override"
        else f'<Default Extension="xml" ContentType="{_SHEET_MAIN}"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_WORKSHEET}"/>' for n in range(len(names))
        )
    )
    return samples.archive(
        {
            "[Content_Types].xml": f'<Types xmlns="urn:t">{declared}</Types>',
            "_rels/.rels": '<Relationships><Relationship Id="r1" Type="urn:x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns:r="urn:r"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
            **{f"xl/worksheets/sheet{n}.xml": body for n in range(len(names))},
            **members,
        }
    )


def cell(value: str, formula: str = "") -> str:
    """A row of one cell: the text, or the formula with the text as its last value."""
    said = f"<f>{formula}</f><v>{value}</v>" if formula else f"<is><t>{value}</t></is>"
    return f'<row><c r="A1" t="{"str" if formula else "inlineStr"}">{said}</c></row>'


def letter(text: str, main_type: str = "Override", **members: bytes | str) -> bytes:
    """A letter of one paragraph, with whatever else is in it."""
    declared = (
        f'<Override PartName="/word/document.xml" ContentType="{_WORD_MAIN}"/>'
        if main_type == "Override"
        else f'<Default Extension="xml" ContentType="{_WORD_MAIN}"/>'
    )
    body = f'<w:document xmlns:w="urn:w"><w:body><w:p><w:r>{text}</w:r></w:p></w:body></w:document>'
    return samples.archive({"[Content_Types].xml": f"<Types>{declared}</Types>", "word/document.xml": body, **members})


def relation(kind: str, target: str) -> str:
    return f'<Relationships><Relationship Id="r1" Type="urn:x/{kind}" Target="{target}" TargetMode="External"/></Relationships>'


def two_pictures() -> bytes:
    return decompress(b85decode(_TWO_PICTURES))


def _words(draw: Random) -> str:
    return f"{draw.choice(['Booth', 'Flyer', 'Webinar', 'Banner'])} {draw.randint(1, 9999)}"


def k1_main_part_by_ending(draw: Random) -> Honest:
    words = _words(draw)
    if draw.random() < 0.5:
        return Honest("a.xlsx", workbook(cell(words), main_type="Default"), "a.xlsx", says=words)
    return Honest("a.docx", letter(f"<w:t>{words}</w:t>", main_type="Default"), "a.docx", says=words)


def k2_bar_in_the_text_of_a_formula(draw: Random) -> Honest:
    words = _words(draw)
    texts = ['" | "', '"a|b!c"', '"he said ""x|y"" !"', '"|"&amp;"!"', '"cmd|x"&amp;A1&amp;"!"']
    formulas = [
        f"A1&amp;{draw.choice(texts)}&amp;Costs!B{draw.randint(1, 99)}",
        "'Q3|Q4'!A1",
        f"IF(A1={draw.choice(texts)},1,2)",
    ]
    return Honest("a.xlsx", workbook(cell(words, draw.choice(formulas))), "a.xlsx", says=words)


def k3_two_pictures(draw: Random) -> Honest:
    name = f"IMG_{draw.randint(1, 9999):04}.heic"
    return Honest(name, two_pictures(), name, {Content.PICTURES})


def k5_grey_of_16_bits(draw: Random) -> Honest:
    width, height = draw.randint(20, 400), draw.randint(20, 400)
    deep = Image.frombytes(
        "I;16",
        (width, height),
        b"".join(draw.randint(8_000, 60_000).to_bytes(2, "little") for _ in range(width)) * height,
    )
    out = io.BytesIO()
    deep.save(out, "PNG")
    return Honest("scan.png", out.getvalue(), "scan.png")


def k6_long_page(draw: Random) -> Honest:
    length = draw.randint(6_000, 8_000)
    if draw.random() < 0.5:
        return Honest("page.png", samples.picture(draw.randint(1_000, 1_300), length, "L", "PNG"), "page.png")
    return Honest("page.pdf", samples.written_pdf(b"0 0 m 99 9999 l S", media_box=f"0 0 595 {length // 2}"), "page.pdf")


#: Encoding, its name as it is shown, and words that are written in it.
_TABLES = [
    ("mac_roman", "Mac Roman", "Campagne très étendue à Genève, où"),
    ("mac_roman", "Mac Roman", "Größe, Straße, Düsseldorf"),
    ("cp932", "Shift_JIS", "広告掲載料、秋のキャンペーン。"),
    ("cp1250", "Windows-1250", "Źródło, Łódź, Usługa"),
    ("cp1250", "Windows-1250", "Příliš žluťoučký kůň"),
    ("cp1252", "Windows-1252", "Größe – 100 €"),
    ("cp1251", "Windows-1251", "Реклама в журнале"),
    ("gb18030", "GB18030", "广告费用金额"),
    ("euc_jp", "EUC-JP", "広告掲載料"),
    ("cp949", "EUC-KR", "광고 비용"),
]


def k7_table_in_an_old_encoding(draw: Random) -> Honest:
    encoding, shown, words = draw.choice(_TABLES)
    end = "\r" if encoding == "mac_roman" else "\r\n"
    text = end.join(["Date;Item;Amount", f"2026-11-{draw.randint(10, 28)};{words};{draw.randint(100, 9999)},50", ""])
    return Honest("a.csv", text.encode(encoding), "a.csv", encoding=shown, says=words)


_DOCUMENTS = [
    ("gb2312", "gb2312", "GB18030", "广告"),
    ("GBK", "gbk", "GB18030", "广告"),
    ("big5", "big5", "Big5", "廣告"),
    ("Shift_JIS", "cp932", "Shift_JIS", "広告"),
    ("EUC-JP", "euc_jp", "EUC-JP", "広告"),
    ("euc-kr", "euc_kr", "EUC-KR", "광고"),
    ("windows-1250", "cp1250", "Windows-1250", "Źródło"),
    ("ISO-8859-2", "iso8859_2", "iso8859-2", "Źródło"),
    ("ISO-8859-15", "iso8859_15", "iso8859-15", "Größe €"),
    ("koi8-r", "koi8_r", "KOI8-R", "Реклама"),
]


def k8_xml_in_an_old_encoding(draw: Random) -> Honest:
    declared, encoding, shown, words = draw.choice(_DOCUMENTS)
    quote = draw.choice("'\"")
    head = f"<?xml version={quote}1.0{quote} encoding={quote}{declared}{quote}?>"
    return Honest(
        "a.xml", f"{head}<Invoice><Note>{words}</Note></Invoice>".encode(encoding), "a.xml", encoding=shown, says=words
    )


def k9_k10_picture_under_another_ending(draw: Random) -> Honest:
    kind, data = draw.choice(
        [
            ("jpg", samples.picture()),
            ("png", samples.picture(kind="PNG")),
            ("webp", samples.picture(kind="WEBP")),
            ("heic", corpus.heic()),
        ]
    )
    others = [
        ending
        for ending in ("JPG", "png", "webp", "heic", "jpeg", "PNG")
        if ending.lower().replace("jpeg", "jpg") != kind
    ]
    stem = f"IMG.{draw.randint(1, 99)}"
    if kind == "jpg" and draw.random() < 0.5:
        own = draw.choice(["jfif", "jpe", "JFIF"])
        return Honest(f"{stem}.{own}", data, f"{stem}.{own}")
    contents = {Content.LOCATION} if kind == "heic" else set()
    return Honest(f"{stem}.{draw.choice(others)}", data, f"{stem}.{kind}", contents)


def k11_lines_before_the_head(draw: Random) -> Honest:
    before = draw.choice(
        [
            b"\r\n",
            b"\xef\xbb\xbf",
            b"Content-Type: application/pdf\r\n\r\n",
            b"#PJL ENTER LANGUAGE=PDF\n",
            b"\x1b%-12345X@PJL\r\n",
        ]
    )
    return Honest("a.pdf", before * draw.randint(1, 20) + samples.pdf(), "a.pdf")


def k13_rich_comment_at_the_beginning(draw: Random) -> Honest:
    rich = draw.choice(
        [b"<body xmlns=(x)><p>ok</p></body>", b"<?xml?><body><p>ok</p></body>", b"<html><body>ok</body></html>"]
    )
    plain = samples.written_pdf()
    if draw.random() < 0.5:
        return Honest("a.pdf", plain[:9] + b"% /RC " + rich + b"\n" + plain[9:], "a.pdf", {Content.MARKUP})
    note = b"/Annots [<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] /RC (%s) >>]" % rich.replace(
        b"(", b"["
    ).replace(b")", b"]")
    return Honest("a.pdf", pdf_of(page=note), "a.pdf")


def k14_invoice_with_files(draw: Random) -> Honest:
    names = ["timesheet.pdf", "hours.xlsx", "Press Quality.joboptions", "photo.jpg", "list.csv", "factur-x.xml"]
    contents = [samples.pdf(), samples.xlsx(), b"<< /CreatePDF >>", samples.picture(), samples.CSV, samples.XML]
    number = draw.randrange(len(names))
    return Honest("a.pdf", corpus.pdf_with_file(names[number], contents[number]), "a.pdf", {Content.ATTACHMENTS})


def k15_signed_or_with_rubbish(draw: Random) -> Honest:
    words = f"<w:t>{_words(draw)}</w:t>"
    if draw.random() < 0.5:
        signature = {"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": b"<Signature/>"}
        return Honest("a.docx", letter(words, **signature), "a.docx", {Content.SIGNATURE})
    return Honest("a.docx", letter(words, **{f"[trash]/{draw.randint(0, 9999):04}.dat": draw.randbytes(9)}), "a.docx")


def k16_command_or_picture_from_elsewhere(draw: Random) -> Honest:
    words = _words(draw)
    if draw.random() < 0.5:
        command = draw.choice(
            ["=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example")', "@SUM(1+1)", "+cmd|'/C x'!A1", "-SUM(A1)"]
        )
        return Honest(
            "a.csv",
            f'Item;Amount\r\n{words};"{command.replace(chr(34), chr(34) * 2)}"\r\n'.encode(),
            "a.csv",
            {Content.COMMANDS},
            says=words,
        )
    rels = {"word/_rels/document.xml.rels": relation("image", "https://x.example/a.png")}
    return Honest("a.docx", letter(f"<w:t>{words}</w:t>", **rels), "a.docx", {Content.EXTERNAL}, says=words)


def file_without_ending(draw: Random) -> Honest:
    name = draw.choice(["Invoice", "Rechnung Nr. 12", "2026.11.30", "invoice 12.2026"])
    ending, data = draw.choice(
        [("pdf", samples.pdf()), ("jpg", samples.picture()), ("png", samples.picture(kind="PNG"))]
    )
    return Honest(name, data, f"{name}.{ending}")


HONEST: list[Callable[[Random], Honest]] = [
    k1_main_part_by_ending,
    k2_bar_in_the_text_of_a_formula,
    k3_two_pictures,
    k5_grey_of_16_bits,
    k6_long_page,
    k7_table_in_an_old_encoding,
    k8_xml_in_an_old_encoding,
    k9_k10_picture_under_another_ending,
    k11_lines_before_the_head,
    k13_rich_comment_at_the_beginning,
    k14_invoice_with_files,
    k15_signed_or_with_rubbish,
    k16_command_or_picture_from_elsewhere,
    file_without_ending,
]
