"""The table in the terminal, and the same as data."""

from devtools.bench.tools import ERRAND

COLUMNS = ["", "version", "time", "ratio", "CPU time", "peak memory", "output", "runs", "answer"]


def measurement(case, tool, costs, errand_seconds, answer):
    """One row, as data. `ratio` is this tool's time over errand's in the same run."""
    return {
        "case": case.name,
        "tool": tool.name,
        "version": tool.version,
        "median_seconds": costs.median_seconds,
        "least_seconds": min(costs.seconds),
        "most_seconds": max(costs.seconds),
        "median_user_seconds": costs.median_user_seconds,
        "median_cpu_seconds": costs.median_cpu_seconds,
        "peak_memory_bytes": costs.peak_memory_bytes,
        "output_bytes": costs.output_bytes,
        "runs": costs.runs,
        "ratio": costs.median_seconds / errand_seconds if errand_seconds else None,
        "answer": answer,
    }


def table(groups):
    """Text of all cases as one table. `groups` is a list of (heading, measurements)."""
    rows = [(heading, [cells(row) for row in measurements]) for heading, measurements in groups]
    every = [COLUMNS, *(row for _, group in rows for row in group)]
    widths = [max(len(row[column]) for row in every) for column in range(len(COLUMNS))]
    lines = [line(COLUMNS, widths)]
    for heading, group in rows:
        lines += ["", heading, *(line(row, widths) for row in group)]
    return "\n".join(lines)


def line(row, widths):
    # Words to the left, figures to the right.
    left = {0, 1, len(row) - 1}
    sized = enumerate(zip(row, widths, strict=True))
    padded = [cell.ljust(width) if place in left else cell.rjust(width) for place, (cell, width) in sized]
    return ("  " + "  ".join(padded)).rstrip()


def cells(row):
    return [
        row["tool"],
        row["version"],
        duration(row["median_seconds"]),
        ratio(row),
        duration(row["median_cpu_seconds"]),
        megabytes(row["peak_memory_bytes"]),
        megabytes(row["output_bytes"]) if row["output_bytes"] >= 10_000 else f"{row['output_bytes']} B",
        str(row["runs"]),
        row["answer"],
    ]


def ratio(row):
    if row["ratio"] is None or row["tool"] == ERRAND:
        return ""
    return f"{row['ratio']:.2f} x" if row["ratio"] < 10 else f"{row['ratio']:.1f} x"


def duration(seconds):
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s "


def megabytes(size):
    return f"{size / 1e6:.1f} MB" if size < 100e6 else f"{size / 1e6:.0f} MB"


def functions(rows):
    """Text of what is deployed: sizes, and how long a start takes."""
    heads = ["", "version", "unpacked", "zip", "start", "least", "runs"]
    every = [heads, *(function_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(heads))]
    lines = []
    for row in every:
        padded = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        padded += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append(("  " + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def function_cells(row):
    def shown(value, show):
        return "" if value is None else show(value).strip()

    return [
        row["function"],
        row["version"],
        shown(row["unpacked_bytes"], megabytes),
        shown(row["zip_bytes"], lambda size: f"{size / 1e6:.2f} MB"),
        shown(row["median_start_seconds"], duration),
        shown(row["least_start_seconds"], duration),
        str(row["runs"]) if row["runs"] else "",
    ]


def targets(judged):
    """Text of the targets, each with what was measured."""
    words = {True: "reached", False: "NOT REACHED", None: "not measured"}
    rows = [(words[row["reached"]], row["case"], f"{row['target']}: {row['measured']}") for row in judged]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    return "\n".join(f"  {a.ljust(widths[0])}  {b.ljust(widths[1])}  {text}" for a, b, text in rows)
