"""Prints how long map jobs take and what they cost, by simulating them.

python3 bench/scale.py              prints the tables of docs/scale.md
                       --markdown   writes them into the page
                       --check      says whether they are as they have to be
                       --measure    measures on this machine what the model takes from one (ERRAND=path/to/errand)
"""

import argparse

from devtools.checkout import Failure, run_main, write_whole
from devtools.scale import measure, page


def main():
    parser = argparse.ArgumentParser(
        prog="bench/scale.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--markdown", action="store_true", help="write the tables into docs/scale.md")
    chosen.add_argument("--check", action="store_true", help="write nothing; exit code 1 where they differ")
    chosen.add_argument("--measure", action="store_true", help="measure errand on one core")
    arguments = parser.parse_args()
    if arguments.measure:
        measure.main()
    elif arguments.markdown or arguments.check:
        text = page.PAGE.read_text()
        wanted = page.filled(text)
        if text != wanted and arguments.check:
            raise Failure("docs/scale.md does not follow from the model: run `python3 bench/scale.py --markdown`")
        if text != wanted:
            write_whole(page.PAGE, wanted)
            print("wrote docs/scale.md")
    else:
        print("\n\n".join(table.text() for name, table in page.tables().items() if name != "figures"))
    return 0


if __name__ == "__main__":
    run_main(main)
