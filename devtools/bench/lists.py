"""The lists of numbers: made by a seeded generator, with the answers that are right, found by Python's integers."""

import array
import json
import random
from dataclasses import dataclass
from fractions import Fraction

CHUNK = 500_000


@dataclass(frozen=True)
class Recipe:
    """A list: so many values of `array` type `code`, each reduced modulo `below` if given, divided by 10**`places`.

    errand may use `memory` MiB for it, if that is given."""

    count: int
    code: str
    separator: str
    seed: int
    below: int | None = None
    places: int = 0
    memory: int | None = None

    @property
    def one_line(self):
        return self.separator != "\n"


def values(recipe):
    """The list's values, in chunks. Mersenne Twister's bytes are the same on every Python (`random.randbytes`)."""
    generator = random.Random(recipe.seed)
    left = recipe.count
    while left:
        chunk = array.array(recipe.code)
        size = min(left, CHUNK)
        # As little-endian everywhere, so that every machine gets the same list.
        chunk.frombytes(generator.randbytes(size * chunk.itemsize))
        if _big_endian():
            chunk.byteswap()
        left -= size
        yield [value % recipe.below for value in chunk] if recipe.below else chunk


def _big_endian():
    return array.array("H", [1]).tobytes()[0] == 0


def write(recipe, path):
    """Writes the list to `path`, and beside it, as NAME.answer.json, what its statistics are.

    A list on one line has no line end, because pandas and polars would take it for part of the last value."""
    numbers = array.array("q")
    with open(path, "w") as file:
        first = True
        for chunk in values(recipe):
            if not first:
                file.write(recipe.separator)
            first = False
            file.write(recipe.separator.join(written(chunk, recipe.places)))
            numbers.extend(iter(chunk))
        if not recipe.one_line:
            file.write("\n")
    answer_path(path).write_text(json.dumps(answer(numbers, recipe.places)))


def written(numbers, places):
    """The integers divided by 10**`places`, as text with so many decimal places."""
    if not places:
        return map(str, numbers)
    digits = (f"{abs(number):0{places + 1}}" for number in numbers)
    signs = ("-" if number < 0 else "" for number in numbers)
    return (f"{sign}{text[:-places]}.{text[-places:]}" for sign, text in zip(signs, digits, strict=True))


def answer_path(path):
    return path.with_name(f"{path.name}.answer.json")


def answer(numbers, places=0):
    """The six statistics of the integers divided by 10**`places`, exact, as text; what is no integer as a fraction."""
    ordered = sorted(numbers)
    count = len(ordered)
    total = sum(ordered)
    one = 10**places
    middle = Fraction(ordered[(count - 1) // 2] + ordered[count // 2], 2 * one)
    return {
        "count": str(count),
        "sum": str(Fraction(total, one)),
        "minimum": str(Fraction(ordered[0], one)),
        "maximum": str(Fraction(ordered[-1], one)),
        "mean": str(Fraction(total, count * one)),
        "median": str(middle),
    }
