"""Many clients and many jobs while everything fails, and the checker that counts what must not be."""
