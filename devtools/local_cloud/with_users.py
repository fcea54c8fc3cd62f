"""Runs a command against the local cloud as root, with the keys of two IAM users in its environment: one with the
client policy of the stack alone (ERRAND_TEST_CLIENT_AWS_...), one with the operator policy besides
(ERRAND_TEST_OPERATOR_AWS_...). The end-to-end tests run `errand` as one or the other.

    python3 -m devtools.local_cloud run --auth -- \\
      .venv/cloud/bin/python -m devtools.local_cloud.with_users cargo test ...
"""

import os
import sys

from devtools.local_cloud import client_user

USERS = {"client": ("Client",), "operator": ("Client", "Operator")}


def main():
    environment = dict(os.environ)
    for user, policies in USERS.items():
        for name, value in client_user.make(os.environ["ERRAND_STACK"], user, policies).items():
            environment[f"ERRAND_TEST_{user.upper()}_{name}"] = value
    os.execvpe(sys.argv[1], sys.argv[1:], environment)


if __name__ == "__main__":
    main()
