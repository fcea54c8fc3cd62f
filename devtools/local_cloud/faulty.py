"""Starts microburst with as many connections to the emulator as it needs. Version 0.10.0 keeps one for good whenever a
client closes a download before its end, as functions do that read slices, and those that are killed; with a hundred of
them, which is aiohttp's limit, it forwards nothing any more. Run by the Python of .venv/cloud, from anywhere."""

import sys

import aiohttp
from microburst import cli

for connector in (aiohttp.BaseConnector, aiohttp.TCPConnector):
    connector.__init__.__kwdefaults__["limit"] = 0

if __name__ == "__main__":
    sys.exit(cli.main())
