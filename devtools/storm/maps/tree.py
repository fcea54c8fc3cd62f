"""A tree of objects as people have them: folders, and names that somebody forgets to encode."""

import random

# Of the keys that differ in the writing alone, both have to be there in the end.
FOLDERS = ["", "2026/", "2026/07 July/", "é+ü/50% off/", "double//slash/", "a.b/", "deep/" * 30, "%2F/"]
NAMES = [
    "plain-{}",
    "with space {}",
    "é {}",
    "e\u0301 {}",  # the same to the eye: e, and an accent that combines
    "plus+{}",
    "100% {}",
    "%20{}",
    "hash#{}",
    "question?{}&a=b",
    "quote'\"{}<>",
    "日本 {}",
    "🦀{}",
    "semi;colon:{}",
    "back\\slash {}",
    "[brackets]{{{}}}",
    "star*{}",
    "Case {}",
    "case {}",
    "comma,{}",
    "long" * 40 + "{}",
]
ENDINGS = [".png", ".jpg", ".PNG"]


def names(count):
    """As many names below a prefix, each once."""
    made = []
    for number in range(count):
        series, name = divmod(number, len(NAMES))
        folder, ending = FOLDERS[series % len(FOLDERS)], ENDINGS[number % len(ENDINGS)]
        made.append(folder + NAMES[name].format(series) + ending)
    return made


def is_jpeg(number):
    return ENDINGS[number % len(ENDINGS)] == ".jpg"


def broken(count, how_many):
    """Which of them are no images, spread over all."""
    return set(random.Random(how_many).sample(range(count), how_many))
