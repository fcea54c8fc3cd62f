"""What a release consists of, and how its files are made: docs/releasing.md."""
