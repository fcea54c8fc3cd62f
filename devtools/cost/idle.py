"""What a stack costs a month while nobody asks for anything."""

import re

from devtools import stack
from devtools.cost import prices

MONTH_SECS = prices.HOURS_A_MONTH * 3600


def receives(queues: int, pollers: int) -> int:
    """How often so many pollers of each queue ask in vain in a month."""
    return queues * pollers * MONTH_SECS // prices.POLL_SECS


def queues() -> int:
    """That Lambda polls: one for each operation."""
    return len(stack.operations())


def alarms() -> int:
    return resources("AWS::CloudWatch::Alarm")


def dashboards() -> int:
    return resources("AWS::CloudWatch::Dashboard")


def resources(kind: str) -> int:
    return len(re.findall(rf"^    Type: {kind}$", stack.TEMPLATE.read_text(), re.MULTILINE))


def polling_usd(pollers: int = prices.POLLERS) -> float:
    return receives(queues(), pollers) / prices.MILLION * prices.SQS.usd


def alarms_usd() -> float:
    return alarms() * prices.ALARM.usd


def dashboard_usd() -> float:
    return dashboards() * prices.DASHBOARD.usd


def stack_usd(monitoring: str = "all") -> float:
    """With the parameter `Monitoring` as given."""
    watched = {"all": alarms_usd() + dashboard_usd(), "alarms": alarms_usd(), "none": 0.0}
    return polling_usd() + watched[monitoring]


def instance_usd() -> float:
    """The original design's: a small instance with a disk of 8 GB and an address, and one poller for each queue."""
    hours = prices.HOURS_A_MONTH
    machine = prices.INSTANCE.usd * hours + 8 * prices.DISK.usd + prices.ADDRESS.usd * hours
    return machine + receives(queues(), 1) / prices.MILLION * prices.SQS.usd
