"""What the Makefile's targets do where it is more than a line. Run from the checkout's root, as
`python3 -m devtools.local_cloud up`: nothing of it is installed.

    install           the pinned tools, into .venv/
    local_cloud       AWS emulated on this machine, with the stack deployed to it
    stack             what template.yaml says of the operations, their functions and queues
    add_to_template   a new operation in template.yaml, made like stats
    functions         one function's binary by itself, on the sample events of events/
    checks            what is asserted of the template, the events, the permissions, the page on adding an operation
    storm             many clients while everything fails, and the checker that counts afterwards
    bench             speed and memory beside other tools
    s3                a file to or from S3, for those who have no `aws` command
    tests             of all this, without a cloud

What runs before anything is installed needs the standard library alone: all but checks, storm, s3, the local cloud's
users (client_user, with_users) and bench.throughput, which run in the virtual environment that their first lines name.
"""
