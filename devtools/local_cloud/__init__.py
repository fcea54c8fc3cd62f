"""AWS emulated on this machine, with the stack deployed to it: `python3 -m devtools.local_cloud --help`."""
