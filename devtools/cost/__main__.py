"""Writes the tables of docs/cost.md, and the summary in README.md, from what was counted (counts.json) and the prices
(prices.py).

    python3 -m devtools.cost            writes them
                             --check    says whether they are as they have to be
"""

import argparse

from devtools.checkout import ROOT, Failure, run_main, write_whole
from devtools.cost import page, record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where they differ")
    arguments = parser.parse_args()
    for path, blocks in page.blocks(record.read()).items():
        text, name = path.read_text(), path.relative_to(ROOT)
        wanted = page.filled(text, blocks)
        if text == wanted:
            continue
        if arguments.check:
            raise Failure(f"{name} does not follow from counts.json and prices.py: run `python3 -m devtools.cost`")
        write_whole(path, wanted)
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    run_main(main)
