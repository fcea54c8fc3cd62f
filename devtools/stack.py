"""What the deployed stack gives its functions, worked out from its name as `template.yaml` does."""

import os

ACCOUNT = "000000000000"  # of the emulator; the sample events belong to it too
REGION = "us-east-1"
MEMORY_MB = {"stats": 1024, "grayscale": 2048}
TIMEOUT_SECS = {"stats": 60, "grayscale": 120}


def input_bucket(stack="errand"):
    return f"{stack}-input-{ACCOUNT}-{REGION}"


def result_bucket(stack="errand"):
    return f"{stack}-results-{ACCOUNT}-{REGION}"


def function_environment(function, endpoint, stack="errand"):
    """The environment of a function that runs outside of the emulator, against it."""

    def queue_url(name):
        return f"{endpoint}/{ACCOUNT}/{stack}-{name}"

    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "ERRAND_STACK": stack,
        "ERRAND_INPUT_BUCKET": input_bucket(stack),
        "ERRAND_RESULT_BUCKET": result_bucket(stack),
        "ERRAND_REQUEST_QUEUE_URL": queue_url(f"{function}-requests"),
        "ERRAND_RESPONSE_QUEUE_URL": queue_url("responses"),
        "ERRAND_REPLY_PREFIX": f"{stack}-reply-",
        "ERRAND_MAX_RECEIVE_COUNT": "5",
        "RUST_LOG": os.environ.get("RUST_LOG", "info"),
    }
    if "SSL_CERT_FILE" in os.environ:
        environment["SSL_CERT_FILE"] = os.environ["SSL_CERT_FILE"]
    return environment
