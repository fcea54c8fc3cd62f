"""Installs the pinned tools into .venv/ of this checkout: MiniStack in one virtual environment, SAM CLI, cargo-lambda
and cfn-lint in another; the others are installed on request. Does nothing when they are there;
starts over when a run was interrupted."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys

from devtools.checkout import ROOT, VENVS, Failure, lock, run_main, say, write_whole

ENVIRONMENTS = {
    "cloud": "the local cloud (MiniStack)",
    "sam": "SAM CLI, cargo-lambda with zig, cfn-lint",
    "lint": "what `make lint` checks with, beside Cargo, SAM CLI and cfn-lint",
    "bench": "the libraries that errand is measured against",
    "clients": "what other clients use (boto3, AWS CLI), and JSON Schema",
    "oracles": "the image libraries that tests compare with (Pillow, imagecodecs)",
}
# What a newer Python takes than the rest; without it, those who would use it say SKIPPED.
NEEDS = {"oracles": (3, 11)}
BY_DEFAULT = ["cloud", "sam"]


def main():
    check_python()
    with lock(VENVS / "lock", "another `make setup`"):
        for name in sys.argv[1:] or BY_DEFAULT:
            if sys.version_info < NEEDS.get(name, (3, 10)):
                needed = ".".join(map(str, NEEDS[name]))
                say(f"SKIPPED {ENVIRONMENTS[name]}: Python {needed} is needed, and this is {platform.python_version()}")
                continue
            install(name, ENVIRONMENTS[name])


def check_python():
    if sys.version_info < (3, 10):  # noqa: UP036 - it is what tells the user so
        raise Failure(
            f"Python 3.10 or later is needed and python3 is {platform.python_version()}: "
            "install a newer one and name it, as in `make setup PYTHON=python3.12`"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Failure(
            "this Python cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv"
        ) from None


def install(name, contents):
    directory = VENVS / name
    requirements = ROOT / "requirements" / f"{name}.txt"
    stamp = directory / "stamp"
    # The stamp is written last and names all that the environment was made from: virtual environments hold absolute
    # paths, and belong to one Python.
    wanted = f"{directory}\n{sys.version}\n{hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    python = directory / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return

    say(f"installing {contents} into .venv/{name} (once; a minute or two)")
    shutil.rmtree(directory, ignore_errors=True)
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    run([sys.executable, "-m", "venv", directory], environment)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--no-deps", "--requirement", requirements], environment)
    write_whole(stamp, wanted)


def run(command, environment):
    command = [str(part) for part in command]
    if subprocess.run(command, env=environment, stdout=sys.stderr).returncode != 0:
        raise Failure(f"this failed, see above: {' '.join(command)}")


if __name__ == "__main__":
    run_main(main)
