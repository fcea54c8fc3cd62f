"""What the local cloud's command line takes."""

import argparse

from devtools.checkout import Failure
from devtools.local_cloud.ports import DEFAULT_PORT


def modes_of(arguments):
    if arguments.auth and arguments.faults:
        raise Failure("--auth and --faults do not go together: microburst breaks the signatures")
    # With permissions enforced, the TLS-only policies are too: over plain http nothing would be allowed.
    bare = getattr(arguments, "bare", False)
    tls = arguments.tls or (arguments.auth and not bare)
    return {
        "auth": arguments.auth,
        "tls": tls,
        "faults": arguments.faults,
        # Of `run` alone: whoever starts a cloud that stays has nothing to put there.
        "functions_port": getattr(arguments, "functions_port", None),
        "parameters": arguments.parameter,
    }


def port_or_free(text):
    return text if text == "free" else int(text)


def parse_arguments(description):
    parser = argparse.ArgumentParser(
        prog="python3 -m devtools.local_cloud",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up|down|status|env|logs|run")

    modes = argparse.ArgumentParser(add_help=False)
    modes.add_argument("--auth", action="store_true", help="enforce IAM permissions; implies --tls")
    modes.add_argument("--tls", action="store_true", help="serve https, with a certificate of its own")
    modes.add_argument(
        "--faults",
        type=port_or_free,
        metavar="PORT",
        help="put microburst in front, on this port or on a `free` one",
    )
    modes.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="deploy with this parameter of the template, as in RetryBaseSeconds=0; may be repeated",
    )

    start = verbs.add_parser("up", parents=[modes], help="start it, or bring the one that runs up to date")
    start.add_argument(
        "--port",
        default=str(DEFAULT_PORT),
        help=f"a number, `free`, or `auto`: {DEFAULT_PORT} when it is free (default: {DEFAULT_PORT})",
    )
    verbs.add_parser("down", help="stop it; nothing is kept")
    verbs.add_parser("status", help="is it there, and where; exit code 3 when it is not")
    verbs.add_parser("env", help="print what a shell needs to reach it")
    show = verbs.add_parser("logs", help="print what the functions have logged")
    show.add_argument("--follow", action="store_true", help="and go on as they log more")
    show.add_argument("--emulator", action="store_true", help="the emulator's own log instead")
    once = verbs.add_parser("run", parents=[modes], help="run a command against a cloud of its own")
    once.add_argument(
        "--bare", action="store_true", help="deploy nothing, and serve plain http even with --auth (checks.plain_http)"
    )
    once.add_argument(
        "--as-client", action="store_true", help="run it as a user who has only the client policy; implies --auth"
    )
    once.add_argument(
        "--functions-port",
        type=port_or_free,
        metavar="PORT",
        help="functions go to this port, or to a `free` one, where the command has to pass on what they ask "
        "(devtools.cost.counting)",
    )
    once.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")

    arguments = parser.parse_args()
    if arguments.verb == "run":
        arguments.auth = arguments.auth or arguments.as_client
        if arguments.command[:1] == ["--"]:
            arguments.command = arguments.command[1:]
        if not arguments.command:
            parser.error("run needs a command, as in: run -- cargo test")
    return arguments
