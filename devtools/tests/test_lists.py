import json
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

from devtools.bench import lists


class Lists(unittest.TestCase):
    def written(self, recipe):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "list.txt"
            lists.write(recipe, path)
            return path.read_text(), json.loads(lists.answer_path(path).read_text())

    def test_the_same_recipe_gives_the_same_list(self):
        text, _ = self.written(lists.Recipe(4, "i", "\n", 1))
        self.assertEqual(text, "577090037\n-1850255286\n-655267105\n-849265104\n")

    def test_a_list_on_one_line_has_no_line_end(self):
        text, answer = self.written(lists.Recipe(5, "I", " ", 2, below=10))
        self.assertEqual(len(text.split(" ")), 5)
        self.assertNotIn("\n", text)
        self.assertEqual(answer["sum"], str(sum(map(int, text.split()))))

    def test_pieces_are_joined_by_one_separator(self):
        recipe = lists.Recipe(lists.CHUNK + 1, "I", "\n", 3, below=1000)
        text, answer = self.written(recipe)
        self.assertEqual(text.count("\n"), recipe.count)
        self.assertEqual(answer["count"], str(recipe.count))

    def test_decimals_are_written_with_all_their_places(self):
        recipe = lists.Recipe(1_000, "h", "\n", 4, below=2_000, places=3)
        text, answer = self.written(recipe)
        self.assertRegex(text, r"\A([01]\.[0-9]{3}\n){1000}\Z")
        self.assertEqual(Fraction(answer["sum"]), sum(map(Fraction, text.split())))
        self.assertEqual(list(lists.written([-5, 12_345], 2)), ["-0.05", "123.45"])
        answer = lists.answer([-5, 12_345, 10], 2)
        self.assertEqual((answer["sum"], answer["minimum"], answer["median"]), ("247/2", "-1/20", "1/10"))

    def test_mean_and_median_are_exact_fractions(self):
        answer = lists.answer([3, -1, 2, 7])
        self.assertEqual(
            answer, {"count": "4", "sum": "11", "minimum": "-1", "maximum": "7", "mean": "11/4", "median": "5/2"}
        )
