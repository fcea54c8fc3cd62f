"""Tests of the tools themselves, which need neither a cloud nor a virtual environment: `make test-devtools`."""
