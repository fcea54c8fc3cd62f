"""Ports of this machine: which are free, and whether anybody answers on one."""

import socket
import ssl
import urllib.error
import urllib.request

from devtools.checkout import Failure

HOST = "127.0.0.1"
DEFAULT_PORT = 4566


def choose(wanted):
    if wanted in ("free", "0"):
        return free()
    if wanted == "auto":
        return DEFAULT_PORT if is_free(DEFAULT_PORT) else free()
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise Failure(f"{wanted!r} is no port: give a number, `free` or `auto`")
    if not is_free(int(wanted)):
        raise Failure(
            f"port {wanted} of {HOST} is taken by a program that is not this checkout's local cloud: "
            "stop it, or take another port with `make local-up PORT=free`"
        )
    return int(wanted)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def answers(url, tls):
    context = ssl._create_unverified_context() if tls else None  # only to see that it is up
    try:
        # No proxy of the user's stands between us and 127.0.0.1.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if tls else [])
        )
        return opener.open(url, timeout=2).status == 200
    except (OSError, urllib.error.URLError):
        return False
