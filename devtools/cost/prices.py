"""List prices, and what else the tables of docs/cost.md take for granted. Everything that a reader could doubt is here.

The prices are those of us-east-1 in USD, first tier, without free tiers. AWS's price pages fill in their tables with a
script, so that the figures were read where others quote them, on `READ`; before you rely on them, look at `page`.
"""

from dataclasses import dataclass

READ = "2026-11-29 and 30"
MILLION = 1_000_000
# A month, for what is paid by time: 30 days, as the idle polling is counted.
HOURS_A_MONTH = 30 * 24


@dataclass(frozen=True)
class Price:
    """What AWS asks for something."""

    usd: float
    unit: str
    page: str
    """AWS's own page."""
    quoted: str
    """Where the figure was read."""


SQS = Price(
    0.40, "a million requests of up to 64 KB", "aws.amazon.com/sqs/pricing", "cloudburn.io/blog/amazon-sqs-pricing"
)
S3_WRITE = Price(5.00, "a million PUT, COPY, POST or LIST", "aws.amazon.com/s3/pricing", "cloudkaramchari.com/blog")
S3_READ = Price(0.40, "a million GET or HEAD", "aws.amazon.com/s3/pricing", "commonly published")
INVOCATIONS = Price(
    0.20, "a million invocations", "aws.amazon.com/lambda/pricing", "cloudchipr.com/blog/aws-lambda-pricing"
)
COMPUTE = Price(
    0.0000133334, "a GB-second on arm64", "aws.amazon.com/lambda/pricing", "cloudchipr.com/blog/aws-lambda-pricing"
)
LOGS = Price(
    0.50, "a GB of logs taken in", "aws.amazon.com/cloudwatch/pricing", "cloudburn.io/blog/amazon-cloudwatch-pricing"
)
ALARM = Price(0.10, "an alarm and month", "aws.amazon.com/cloudwatch/pricing", "commonly published")
METRIC = Price(0.30, "a metric of one's own and month", "aws.amazon.com/cloudwatch/pricing", "commonly published")
DASHBOARD = Price(3.00, "a dashboard and month", "aws.amazon.com/cloudwatch/pricing", "factualminds.com/blog")
INSTANCE = Price(0.0104, "an hour of a t3.micro", "aws.amazon.com/ec2/pricing/on-demand", "jefferson-rios.medium.com")
DISK = Price(0.08, "a GB of gp3 and month", "aws.amazon.com/ebs/pricing", "commonly published")
ADDRESS = Price(0.005, "an hour of a public IPv4 address", "aws.amazon.com/vpc/pricing", "commonly published")
# Map jobs, docs/scale.md, and what they are put beside; read on 2026-11-30.
TRANSITIONS = Price(
    25.00, "a million transitions of a Standard workflow", "aws.amazon.com/step-functions/pricing", "the page itself"
)
EXPRESS = Price(
    1.00,
    "a million starts of an Express workflow",
    "aws.amazon.com/step-functions/pricing",
    "wring.co/blog, of 2026-03-14",
)
EXPRESS_COMPUTE = Price(
    0.00001667,
    "a GB-second of an Express workflow",
    "aws.amazon.com/step-functions/pricing",
    "wring.co/blog, of 2026-03-14",
)
ATHENA = Price(5.00, "a TB that Athena scans", "aws.amazon.com/athena/pricing", "athena.guide, of 2020-10-15")
EMR_PROCESSOR = Price(
    0.052624,
    "an hour of a vCPU in EMR Serverless, x86",
    "aws.amazon.com/emr/pricing",
    "github.com/aws/aws-emr-best-practices, for us-west-2",
)
EMR_MEMORY = Price(
    0.0057785,
    "an hour of a GB in EMR Serverless, x86",
    "aws.amazon.com/emr/pricing",
    "github.com/aws/aws-emr-best-practices, for us-west-2",
)

ALL = (
    *(SQS, S3_WRITE, S3_READ, INVOCATIONS, COMPUTE, LOGS, ALARM, METRIC, DASHBOARD, INSTANCE, DISK, ADDRESS),
    *(TRANSITIONS, EXPRESS, EXPRESS_COMPUTE, ATHENA, EMR_PROCESSOR, EMR_MEMORY),
)

# Lambda polls a queue with five readers, each of which waits 20 s for a message, the longest that SQS knows. Where
# little comes it may go down to two, but not where a maximum concurrency is set: "Configuring scaling behavior for SQS
# event source mappings" in the Lambda developer guide.
POLLERS = 5
FEWEST_POLLERS = 2
POLL_SECS = 20

# An Express workflow is billed for 64 MB at least, which a child with one state keeps within (Step Functions pricing).
EXPRESS_GB = 64 / 1024

# How long a function waits, which cannot be measured without AWS. S3: "median latency is often in the tens of
# milliseconds" for less than 512 KB, and 85 to 90 MB/s on a connection (its performance design patterns).
S3_MS = 30.0
S3_MB_A_SECOND = 85.0
SQS_MS = 10.0
# What Lambda itself logs about an invocation, in two lines (platform.start, platform.report): their JSON schema.
PLATFORM_LOG_BYTES = 500
