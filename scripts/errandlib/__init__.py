"""What the scripts of this directory share. Python's standard library only: it runs before anything is installed."""
