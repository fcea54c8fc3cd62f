import unittest
from fractions import Fraction

from devtools.bench.answers import parse, verdict_on_image, verdict_on_list

RIGHT = {
    "count": Fraction(2),
    "sum": Fraction(3),
    "minimum": Fraction(1),
    "maximum": Fraction(2),
    "mean": Fraction(3, 2),
    "median": Fraction(3, 2),
}


class Answers(unittest.TestCase):
    def test_errand_s_json_is_read_with_the_mean_as_a_fraction(self):
        text = (
            '{"count":2,"sum":"3","minimum":"1","maximum":"2",'
            '"mean":{"decimal":"1.5","numerator":"3","denominator":"2"},"median":"1.5"}'
        )
        self.assertEqual(parse(text), RIGHT)

    def test_peers_json_and_datamash_columns_are_read(self):
        flat = '{"count": "2", "sum": "3", "minimum": "1", "maximum": "2", "mean": "1.5", "median": "1.5"}'
        self.assertEqual(parse(flat), RIGHT)
        self.assertEqual(parse("2\t3\t1\t2\t1.5\t1.5\n"), RIGHT)

    def test_too_few_columns_are_not_an_answer(self):
        with self.assertRaises(ValueError):
            parse("2\t3\n")

    def test_the_nearest_double_of_a_mean_is_exact(self):
        right = {"mean": Fraction(1, 3)}
        self.assertEqual(verdict_on_list(right, {"mean": Fraction("0.3333333333333333")}), "exact")
        self.assertEqual(verdict_on_list(right, {"mean": Fraction("0.333333333333")}), "mean off by 1e-12")

    def test_a_sum_that_overflowed_is_wrong(self):
        right = {"sum": Fraction(2**64)}
        self.assertEqual(verdict_on_list(right, {"sum": Fraction(0)}), "sum wrong")

    def test_a_sum_is_not_exact_when_digits_are_lost(self):
        right = {"sum": Fraction(10**17 + 1)}
        self.assertEqual(verdict_on_list(right, {"sum": Fraction(10**17)}), "sum off by 1e-17")

    def test_statistics_that_were_not_asked_for_are_not_missed(self):
        self.assertEqual(verdict_on_list(RIGHT, {"count": Fraction(2)}), "exact")

    def test_images_are_exact_or_within_levels(self):
        self.assertEqual(verdict_on_image({"largest": 0, "mean": 0.0}), "exact")
        self.assertEqual(verdict_on_image({"largest": 1, "mean": 0.25}), "within 1 level, mean 0.25")
        self.assertEqual(verdict_on_image({"wrong": "11 of 12 frames"}), "11 of 12 frames")
