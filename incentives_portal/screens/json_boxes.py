"""Reading JSON that came from a browser."""

import json
from typing import Any


class Decoder(json.JSONDecoder):
    """Takes what Python reads and the database does not keep, or what Python gives up on, for what cannot be read: numbers of too many
    digits or beyond all measure, a thousand brackets in one another, characters that are none."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            value = super().decode(text, *args)
            written = json.dumps(value, ensure_ascii=False, allow_nan=False)
            written.encode()
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), text, 0) from error
        if "\\u0000" in written:
            raise json.JSONDecodeError("a character that is none", text, 0)
        return value
