"""What is wrong with a page as HTML, whatever a browser makes of it (fault X-11)."""

import html5lib

#: A browser reads these as they are meant; the words of the parser for them.
HARMLESS = {"non-void-element-with-trailing-solidus"}

#: Django's admin site names the help of a group of boxes, and gives that help no id.
WITHOUT_ID = {"id_components_helptext"}


def invalid(page: str) -> list[str]:
    """What a strict reader finds wrong with a page, ids that stand twice, labels and links that lead nowhere."""
    reader = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = reader.parse(page)
    found = [f"line {place[0]}: {what} {about}" for place, what, about in reader.errors if what not in HARMLESS]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    found += [f"id {one} stands twice" for one in {one for one in ids if ids.count(one) > 1}]
    for element in tree.iter():
        named = (element.get("for") or "").split() if element.tag == "label" else []
        for attribute in ("aria-labelledby", "aria-describedby", "aria-controls"):
            named += (element.get(attribute) or "").split()
        found += [f"<{element.tag}> names {one}, which is not there" for one in named if one not in {*ids, *WITHOUT_ID}]
    return found
