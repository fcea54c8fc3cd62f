"""polars: list_polars.py FILE [SEPARATOR] [--decimals]; the separator ends a row, or one line would be one wide row."""

import json
import sys

import polars

path, *separators = [argument for argument in sys.argv[1:] if argument != "--decimals"]
separator = {"eol_char": separators[0]} if separators else {}
kind = polars.Float64 if "--decimals" in sys.argv else polars.Int64
table = polars.read_csv(path, has_header=False, schema={"value": kind}, **separator)
value = polars.col("value")
answer = table.select(
    count=value.count(),
    sum=value.sum(),
    minimum=value.min(),
    maximum=value.max(),
    mean=value.mean(),
    median=value.median(),
).row(0, named=True)
print(json.dumps({name: str(value) for name, value in answer.items()}))
