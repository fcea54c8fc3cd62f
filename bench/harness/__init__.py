"""What `bench/run` is made of: one concept a module."""
