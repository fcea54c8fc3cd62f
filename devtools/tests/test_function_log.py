import json
import unittest

from devtools.functions import log

ENDED = {"level": "INFO", "message": "job ended", "request_id": "r-1", "job_id": "j-1", "outcome": "succeeded"}
METRICS = {"request_id": "r-1", "job_id": "j-1", "outcome": "succeeded", "Jobs": 1, "Failed": 0, "stack": "errand"}
DIRECTIVE = {"Namespace": "errand", "Dimensions": [["stack"]], "Metrics": [{"Name": "Jobs", "Unit": "Count"}]}


def text(*lines):
    return "\n".join(json.dumps(line) if isinstance(line, dict) else line for line in lines)


class Log(unittest.TestCase):
    def test_a_log_that_tells_of_each_job_once_is_without_complaint(self):
        metrics = {**METRICS, "_aws": {"Timestamp": 1, "CloudWatchMetrics": [DIRECTIVE]}}
        whole = text("START RequestId: r-1 Version: 1", ENDED, metrics, "REPORT RequestId: r-1", "")
        self.assertEqual(log.complaints(whole, {"j-1": None}), [])

    def test_what_is_missing_or_said_twice_is_complained_of(self):
        for lines, jobs, word in (
            ((ENDED, METRICS, METRICS), {"j-1": None}, "2 times in the metrics"),
            ((METRICS,), {"j-1": None}, "0 times in the log"),
            ((), {"j-1": None}, "0 times in the log"),
            ((ENDED, METRICS), {"j-1": "internal_error"}, "was to end with internal_error"),
            ((ENDED, {**METRICS, "request_id": "r-2"}), {"j-1": None}, "two invocations"),
            (({"level": "INFO", "message": "?"},), {}, "without a request id"),
            (({"request_id": "r-1", "outcome": "retry"},), {}, "without a job id"),
            (("thread 'main' panicked at src/lib.rs:1:1",), {}, "no JSON"),
        ):
            found = log.complaints(text(*lines), jobs)
            self.assertTrue(any(word in each for each in found), (word, found))

    def test_a_directive_names_what_is_there(self):
        wrong_ones: list[tuple[dict, str]] = [
            ({"Jobs": 1}, "dimension stack"),
            ({"stack": "errand", "Jobs": "1"}, "metric Jobs"),
        ]
        for line, wrong in wrong_ones:
            whole = {"_aws": {"CloudWatchMetrics": [DIRECTIVE]}, **line}
            self.assertEqual(list(log.malformed(whole)), [wrong])


if __name__ == "__main__":
    unittest.main()
