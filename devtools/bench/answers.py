"""Whether the tools agree: a wrong answer is not worth its speed, and says so in the table.

Lists are held against the exact answers that the generator left beside them; images against the gray of their source.
"""

import json
import subprocess
from fractions import Fraction

from devtools.bench import lists
from devtools.checkout import ROOT

COMPARE = ROOT / "bench" / "peers" / "compare_images.py"
NAMES = ["count", "sum", "minimum", "maximum", "mean", "median"]


def check_lists(source, stdouts):
    """A verdict for each tool, from what it printed: `stdouts` is name: path."""
    right = {name: Fraction(text) for name, text in json.loads(lists.answer_path(source).read_text()).items()}
    verdicts = {}
    for tool, path in stdouts.items():
        try:
            verdicts[tool] = verdict_on_list(right, parse(path.read_text()))
        except (ValueError, KeyError) as error:
            verdicts[tool] = f"not understood: {error}"
    return verdicts


def parse(text):
    """The statistics in a tool's output: errand's JSON, the peers' flat JSON, or datamash's columns."""
    if not text.startswith("{"):
        return dict(zip(NAMES, map(Fraction, text.split()), strict=True))
    answer = {}
    for name, value in json.loads(text).items():
        if isinstance(value, dict):
            answer[name] = Fraction(int(value["numerator"]), int(value["denominator"]))
        elif name in NAMES:
            answer[name] = Fraction(str(value))
    return answer


def verdict_on_list(right, given):
    """ "exact", or what is not. A mean or median counts as exact when it is the double nearest to the truth."""
    wrong = []
    for name, truth in right.items():
        if name not in given:
            continue
        value = given[name]
        if value == truth or (name in ("mean", "median") and float(value) == float(truth)):
            continue
        if value.denominator == truth.denominator == 1 and truth and abs(value / truth - 1) > Fraction(1, 1000):
            wrong.append(f"{name} wrong")
        else:
            wrong.append(f"{name} off by {float(abs(value / truth - 1) if truth else abs(value)):.0e}")
    return ", ".join(wrong) or "exact"


def check_images(python, source, outputs):
    """A verdict for each tool, from the image it wrote: `outputs` is name: path."""
    if not outputs:
        return {}
    if not python:
        return dict.fromkeys(outputs, "not compared: no Pillow")
    compared = subprocess.run([python, COMPARE, source, *outputs.values()], capture_output=True, text=True)
    if compared.returncode != 0:
        return dict.fromkeys(outputs, "not compared")
    return {tool: verdict_on_image(result) for tool, result in zip(outputs, json.loads(compared.stdout), strict=True)}


def verdict_on_image(result):
    if "wrong" in result:
        return result["wrong"]
    if result["largest"] == 0:
        return "exact"
    levels = "1 level" if result["largest"] == 1 else f"{result['largest']} levels"
    return f"within {levels}, mean {result['mean']:.2f}"
