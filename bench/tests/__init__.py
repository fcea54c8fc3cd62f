"""Tests of the harness itself: `python3 -m unittest discover --top-level-directory bench bench/tests`."""
