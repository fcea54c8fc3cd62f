"""The files of a function in Python with boto3 and Pillow, as JSON: pairs of a name in the zip and a path.

Both libraries and all that they ask for; no compiled modules of Python's, no lists of files, no programs."""

import json
import re
from importlib import metadata

wanted, files = ["boto3", "pillow"], {}
seen = set()
while wanted:
    name = wanted.pop()
    if name in seen:
        continue
    seen.add(name)
    distribution = metadata.distribution(name)
    for requirement in distribution.requires or []:
        # What an extra asks for is not installed.
        if "extra ==" not in requirement:
            wanted.append(re.match(r"[\w.-]+", requirement)[0].lower())
    for file in distribution.files or []:
        if not file.parts[0].startswith("..") and "__pycache__" not in file.parts and ".dist-info" not in file.parts[0]:
            files[str(file)] = str(file.locate())
print(json.dumps(sorted(files.items())))
