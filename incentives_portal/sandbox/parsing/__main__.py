"""Entry point of the process that reads files.

It is started by the path of this folder, so that the portal's own modules are not imported.
"""

import sys
from importlib import import_module
from pathlib import Path

_folder = Path(__file__).resolve().parent
# Python puts this folder first on the path. Replace it by its parent as the last entry, so that no file here can hide a library.
sys.path = [*sys.path[1:], str(_folder.parent)]
import_module(f"{_folder.name}.child").serve(int(sys.argv[1]))
