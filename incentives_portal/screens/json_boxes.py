"""Reading JSON that came from a browser."""

import json
from typing import Any


class Decoder(json.JSONDecoder):
    """Takes a number of more digits than Python reads for what cannot be read, and not for an error of the portal."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            return super().decode(text, *args)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise json.JSONDecodeError(str(error), text, 0) from error
