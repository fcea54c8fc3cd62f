"""The versions of the libraries in this virtual environment, as JSON."""

import importlib
import json
import platform

versions = {"python": platform.python_version()}
for name in ["PIL", "boto3", "pyvips", "cv2", "numpy", "pandas", "polars"]:
    try:
        versions[name] = importlib.import_module(name).__version__
        if name == "pyvips":
            import pyvips

            # The library's own version, not its binding's.
            versions[name] = ".".join(str(pyvips.version(part)) for part in range(3))
    except (ImportError, OSError):
        pass
print(json.dumps(versions))
