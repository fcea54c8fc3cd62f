"""A function's binary by itself, without a cloud to run it: under AWS's runtime interface emulator, on events/."""
