"""pandas: list_pandas.py FILE [SEPARATOR]; the separator ends a row, for a list on one line would be one wide row."""

import json
import sys

import pandas

separator = {"lineterminator": sys.argv[2]} if len(sys.argv) > 2 else {}
numbers = pandas.read_csv(sys.argv[1], header=None, names=["value"], dtype="int64", **separator)["value"]
answer = {
    "count": numbers.count(),
    "sum": numbers.sum(),
    "minimum": numbers.min(),
    "maximum": numbers.max(),
    "mean": numbers.mean(),
    "median": numbers.median(),
}
print(json.dumps({name: str(value) for name, value in answer.items()}))
