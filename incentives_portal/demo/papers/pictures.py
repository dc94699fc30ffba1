"""Photos of the demo: drawn scenes, different for each caption, as JPEG bytes."""

import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_SIZE, _PEOPLE, _COLUMNS = (1280, 860), 12, 26


def photo(caption: str) -> bytes:
    """Draw a room with a screen and an audience; the caption is on the screen."""
    dice = random.Random(caption)  # noqa: S311  the same caption always gives the same picture
    wall = tuple(dice.randint(150, 215) for _channel in range(3))
    image = Image.new("RGB", _SIZE, wall)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 640, *_SIZE], fill=tuple(channel // 2 for channel in wall))
    draw.rectangle([300, 90, 980, 480], fill=(20, 60, 70), outline=(230, 230, 230), width=10)
    draw.multiline_text((340, 200), _wrapped(caption), font=ImageFont.load_default(44), fill="white", spacing=14)
    for person in range(_PEOPLE):
        _person(draw, dice, 60 + person * (1160 // _PEOPLE), 610 + dice.randint(-10, 70))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _person(draw: ImageDraw.ImageDraw, dice: random.Random, x: int, y: int) -> None:
    shirt = tuple(dice.randint(40, 200) for _channel in range(3))
    draw.ellipse([x, y, x + 56, y + 62], fill=(dice.randint(90, 220), dice.randint(80, 170), dice.randint(70, 140)))
    draw.rounded_rectangle([x - 22, y + 66, x + 78, y + 260], radius=36, fill=shirt)


def _wrapped(text: str) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) > _COLUMNS:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line][:5])
