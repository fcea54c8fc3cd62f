"""polars: list_polars.py FILE [SEPARATOR]; the separator ends a row, for a list on one line would be one wide row."""

import json
import sys

import polars

separator = {"eol_char": sys.argv[2]} if len(sys.argv) > 2 else {}
table = polars.read_csv(sys.argv[1], has_header=False, schema={"value": polars.Int64}, **separator)
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
