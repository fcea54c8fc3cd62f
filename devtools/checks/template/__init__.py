"""Asserts on template.yaml what the local cloud accepts and ignores, or does not enforce, so that no other
test would notice when it went missing: lifecycles, encryption, policies, and how time-outs and retention fit together.

Runs in the virtual environment of SAM CLI, for its YAML reader and its translator:

    .venv/sam/bin/python -m devtools.checks.template
"""
