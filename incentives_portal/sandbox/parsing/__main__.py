"""Entry of the process that reads files. It is started by the path of this folder, so that the portal's own start-up is not paid for."""

import sys
from importlib import import_module
from pathlib import Path

_folder = Path(__file__).resolve().parent
# Python puts this folder first on the path; it goes, and its parent comes last, so that no file here can hide a library.
sys.path = [*sys.path[1:], str(_folder.parent)]
import_module(f"{_folder.name}.child").serve(int(sys.argv[1]))
