"""`make bench`: speed and memory of errand beside other tools. One concept a module; see bench/README.md."""
