"""pandas: list_pandas.py FILE [SEPARATOR] [--decimals]; the separator ends a row, or one line would be one wide row."""

import json
import sys

import pandas

path, *separators = [argument for argument in sys.argv[1:] if argument != "--decimals"]
separator = {"lineterminator": separators[0]} if separators else {}
kind = "float64" if "--decimals" in sys.argv else "int64"
numbers = pandas.read_csv(path, header=None, names=["value"], dtype=kind, **separator)["value"]
answer = {
    "count": numbers.count(),
    "sum": numbers.sum(),
    "minimum": numbers.min(),
    "maximum": numbers.max(),
    "mean": numbers.mean(),
    "median": numbers.median(),
}
print(json.dumps({name: str(value) for name, value in answer.items()}))
