"""Python's own `statistics`, as the original lab had it: list_statistics.py FILE [SEPARATOR] [--decimals]."""

import json
import statistics
import sys

kind = float if "--decimals" in sys.argv else int
with open(sys.argv[1]) as file:
    numbers = [kind(token) for token in file.read().split()]
answer = {
    "count": len(numbers),
    "sum": sum(numbers),
    "minimum": min(numbers),
    "maximum": max(numbers),
    "mean": statistics.mean(numbers),
    "median": statistics.median(numbers),
}
print(json.dumps({name: str(value) for name, value in answer.items()}))
