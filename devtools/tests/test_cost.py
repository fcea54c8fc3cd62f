"""The tables of docs/cost.md: how requests are counted, told apart and priced."""

import contextlib
import copy
import json
import re
import socket
import threading
import unittest

from devtools import stack
from devtools.checkout import ROOT, Failure
from devtools.cost import counting, designs, idle, page, prices, record
from devtools.cost.designs import Job
from devtools.scale.model import batch_objects

COUNTS: record.Counts = {
    "jobs": 100,
    "client": {"sqs:SendMessageBatch": 10},
    "functions": {"s3:PutObject": 100, "sqs:SendMessageBatch": 20},
    "invocations": 10,
    "log_bytes": 20_000,
}
# A map job of a hundred images.
FEW: record.Counts = {
    "jobs": 100,
    "client": {"s3:GetObject": 101, "s3:PutObject": 100, "sqs:SendMessage": 5},
    "functions": {"s3:GetObject": 112, "s3:PutObject": 108, "sqs:SendMessageBatch": 1, "states:StartExecution": 1},
    "invocations": 4,
    "log_bytes": 1000,
    "map": {"deliveries": 1, "transitions": 7, "children": 1, "work_lists": 1},
}


class Actions(unittest.TestCase):
    def test_each_request_is_named_as_aws_names_it(self):
        for method, target, wanted in (
            ("PUT", "/bucket/a/key?x-id=PutObject", "s3:PutObject"),
            ("GET", "/bucket/key?versionId=1", "s3:GetObject"),
            ("HEAD", "/bucket/key", "s3:HeadObject"),
            ("PUT", "/bucket/key?partNumber=1&uploadId=u", "s3:UploadPart"),
            ("POST", "/bucket/key?uploads", "s3:CreateMultipartUpload"),
            ("POST", "/bucket/key?uploadId=u", "s3:CompleteMultipartUpload"),
            ("DELETE", "/bucket/key?uploadId=u", "s3:AbortMultipartUpload"),
            ("GET", "/bucket?list-type=2&prefix=a/", "s3:ListObjectsV2"),
        ):
            self.assertEqual(counting.action(method, target, {}), wanted)
        self.assertEqual(counting.action("PUT", "/bucket/key", {"x-amz-copy-source": "/b/k"}), "s3:CopyObject")
        sqs = {"x-amz-target": "AmazonSQS.ReceiveMessage"}
        self.assertEqual(counting.action("POST", "/", sqs), "sqs:ReceiveMessage")
        states = {"x-amz-target": "AWSStepFunctions.StartExecution"}
        self.assertEqual(counting.action("POST", "/", states), "states:StartExecution")
        other = {"x-amz-target": "DynamoDB_20120810.GetItem"}
        self.assertEqual(counting.action("POST", "/", other), "unknown:DynamoDB_20120810:GetItem")

    def test_what_errand_never_asks_for_stands_out_and_has_no_price(self):
        what = counting.action("GET", "/bucket/key?acl", {})
        self.assertEqual(what, "unknown:GET /bucket/key?acl")
        with self.assertRaisesRegex(Failure, "no price is known for unknown:GET /bucket/key"):
            designs.cost(Job("stats", {("client", what): 1.0}))


class Command(unittest.TestCase):
    def test_the_command_and_the_page_have_the_same_prices(self):
        text = (ROOT / "client" / "src" / "bin" / "errand" / "cost.rs").read_text()
        for name, price in (
            ("SQS_REQUEST", prices.SQS.usd / prices.MILLION),
            ("S3_WRITE", prices.S3_WRITE.usd / prices.MILLION),
            ("S3_READ", prices.S3_READ.usd / prices.MILLION),
            ("INVOCATION", prices.INVOCATIONS.usd / prices.MILLION),
            ("GB_SECOND", prices.COMPUTE.usd),
            ("LOG_GB", prices.LOGS.usd),
        ):
            found = re.search(rf"^const {name}: f64 = ([0-9_.e-]+);$", text, re.MULTILINE)
            assert found, name
            self.assertAlmostEqual(float(found[1]), price, places=15, msg=name)


class Proxying(unittest.TestCase):
    """Through real sockets, to a server that answers each request with what it was given."""

    def setUp(self):
        listener = socket.create_server((counting.HOST, 0))
        self.addCleanup(listener.close)
        self.received = b""
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()
        upstream = f"http://{counting.HOST}:{listener.getsockname()[1]}"
        self.proxy = counting.Proxy(upstream, {"client": 0, "functions": 0})
        self.proxy.__enter__()
        self.addCleanup(self.proxy.__exit__)

    def serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            # One that is torn off is no reason to hear no other.
            with connection, contextlib.suppress(OSError):
                while data := connection.recv(1 << 16):
                    self.received += data
                    connection.sendall(data)

    def send(self, caller, data):
        """Sends over one connection, and gives what comes back."""
        answer = b""
        with socket.create_connection((counting.HOST, self.proxy.ports[caller]), timeout=10) as connection:
            for part in data:
                connection.sendall(part)
            while len(answer) < sum(map(len, data)):
                answer += connection.recv(1 << 16)
        return answer

    def test_requests_of_one_connection_are_counted_one_by_one_and_passed_on_as_they_are(self):
        body = b"GET /no/request HTTP/1.1\r\n\r\n" * 5000
        put = b"PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        chunks = b"PUT /bucket/key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nGET \r\n0\r\nx-sum: 1\r\n\r\n"
        get = b"GET /bucket/key HTTP/1.1\r\n\r\n"
        sent = put + body + chunks + get
        # Split where no request ends.
        self.assertEqual(self.send("client", [sent[:70], sent[70:9000], sent[9000:]]), sent)
        self.assertEqual(self.received, sent)
        self.assertEqual(self.proxy.take(), {"client": {"s3:GetObject": 1, "s3:PutObject": 2}, "functions": {}})

    def test_callers_are_told_apart_by_port_and_counting_begins_anew(self):
        request = b"POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: 2\r\n\r\n{}"
        self.send("functions", [request, request])
        self.assertEqual(self.proxy.take(), {"client": {}, "functions": {"sqs:SendMessage": 2}})
        self.assertEqual(self.proxy.take(), {"client": {}, "functions": {}})
        self.assertEqual(self.proxy.largest_sqs_bytes, 2)

    def test_a_caller_who_leaves_in_the_middle_does_no_harm(self):
        with socket.create_connection((counting.HOST, self.proxy.ports["client"]), timeout=10) as connection:
            connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        get = b"GET /bucket/key HTTP/1.1\r\n\r\n"
        self.assertEqual(self.send("client", [get]), get)


class Differences(unittest.TestCase):
    def test_there_are_none_where_nothing_but_chance_differs(self):
        now: record.Counts = {
            **COUNTS,
            "log_bytes": 20_900,
            "functions": {"s3:PutObject": 100, "sqs:SendMessageBatch": 45},
        }
        self.assertEqual(record.differences({"lists": COUNTS}, {"lists": now}), [])

    def test_one_more_request_is_one_even_of_a_kind_that_was_not_there(self):
        now: record.Counts = {**COUNTS, "client": {"sqs:SendMessageBatch": 11, "s3:HeadObject": 1}}
        self.assertEqual(
            record.differences({"lists": COUNTS}, {"lists": now}),
            [
                "lists: client s3:HeadObject: recorded 0, counted 1",
                "lists: client sqs:SendMessageBatch: recorded 10, counted 11",
            ],
        )

    def test_replies_without_batches_and_longer_logs_are_noticed(self):
        now: record.Counts = {
            **COUNTS,
            "log_bytes": 22_000,
            "functions": {"s3:PutObject": 100, "sqs:SendMessageBatch": 100},
        }
        self.assertEqual(len(record.differences({"lists": COUNTS}, {"lists": now})), 2)
        self.assertEqual(len(record.differences({"lists": COUNTS}, {"images": COUNTS})), 2)

    def test_of_a_map_job_looks_may_be_more_and_nothing_else(self):
        now = copy.deepcopy(FEW)
        now["functions"]["s3:GetObject"] += FEW["map"]["children"]
        self.assertEqual(record.differences({"map": FEW}, {"map": now}), [])
        now["functions"]["sqs:SendMessageBatch"] += 1
        now["map"]["transitions"] += 1
        self.assertEqual(
            record.differences({"map": FEW}, {"map": now}),
            [
                "map: functions sqs:SendMessageBatch: recorded 1, counted 2",
                "map: transitions: recorded 7, counted 8",
            ],
        )


class Maps(unittest.TestCase):
    def test_all_that_is_paid_by_the_piece_is_a_request(self):
        job = designs.counted(FEW, "grayscale")
        # One delivery of a queue is received and deleted; the list of the work is read.
        self.assertAlmostEqual(job.count("poller"), 0.02)
        self.assertAlmostEqual(job.count("state machine"), 0.01)
        self.assertAlmostEqual(job.requests, (206 + 2 + 222 + 1 + 4 + 7 + 1) / 100)

    def test_a_job_s_transitions_are_the_states_of_the_definition_and_its_children(self):
        for kind in page.COUNTED:
            counts = record.read()[kind]
            if "map" not in counts:
                continue
            of_map = counts["map"]
            states, tasks = walk(["work", "done"])
            self.assertEqual(of_map["transitions"], len(states) + of_map["children"])
            self.assertEqual(counts["invocations"], of_map["deliveries"] + tasks + of_map["children"])
            self.assertEqual(of_map["work_lists"], states.count("Work"))
            self.assertEqual(of_map["children"], counts["jobs"] // batch_objects(1))

    def test_larger_images_ask_for_what_more_batches_ask_for(self):
        found = record.read()
        jobs = (page.MAPPED, page.FEW_MAPPED)
        many, few = (designs.counted(found[kind], "grayscale") for kind in page.IMAGE_MAPS)
        self.assertAlmostEqual(designs.of_larger_objects(many, few, jobs, 1).requests, many.requests)
        # A batch each: what a job asks for once, and of each image what is its own and its batch's.
        of_batch = (many.requests - 4) * 1000 - (few.requests - 4) * 100
        alone = designs.of_larger_objects(many, few, jobs, 1e9)
        self.assertAlmostEqual(alone.requests, many.requests + 990 / 1000 * of_batch / 9)
        self.assertEqual(alone.asked["client", "s3:PutObject"], 1)
        self.assertAlmostEqual(alone.asked["client", "s3:GetObject"], 2)
        self.assertEqual(alone.children, 1)

    def test_a_batch_hides_what_is_shorter(self):
        job = Job("grayscale", {("functions", "s3:GetObject"): 1.1, ("functions", "s3:PutObject"): 1.0}, children=0.01)
        transfers, cpu_ms = designs.work_ms("grayscale")
        self.assertAlmostEqual(designs.batched_ms(job), 0.1 * prices.S3_MS + max(transfers, cpu_ms))
        self.assertLess(designs.batched_ms(job), 2 * prices.S3_MS + transfers + cpu_ms)


class Prices(unittest.TestCase):
    def test_a_job_costs_what_its_requests_its_time_and_its_logs_cost(self):
        job = designs.counted(COUNTS, "stats")
        # 0.1 sent, 0.2 replied, and 0.1 received and deleted by the poller.
        self.assertAlmostEqual(job.count(prefix="sqs:"), 0.5)
        self.assertAlmostEqual(job.requests, 0.5 + 1 + 0.1)
        # A write to S3, two replies, and the list.
        self.assertAlmostEqual(designs.duration_ms(job), 30 + 20 + 1)
        cost = designs.cost(job)
        self.assertAlmostEqual(cost.sqs, 0.20)
        self.assertAlmostEqual(cost.s3, 5.00)
        self.assertAlmostEqual(cost.compute, 0.1 * (0.20 + 0.051 * 13.3334))
        self.assertAlmostEqual(cost.logs, (200 + 50) * 0.0005)
        self.assertAlmostEqual(cost.total, cost.sqs + cost.s3 + cost.compute + cost.logs)

    def test_the_time_of_an_image_is_that_of_the_table_of_operating_md(self):
        megabytes, milliseconds = designs.measured(designs.PHOTOGRAPH)
        self.assertGreater(megabytes, 1)
        self.assertGreater(milliseconds, 1)
        with self.assertRaisesRegex(Failure, "has no line `TIFF`"):
            designs.measured("TIFF")

    def test_idle_polling_is_what_five_pollers_of_two_queues_ask(self):
        self.assertEqual(idle.receives(2, 5), 1_296_000)
        self.assertEqual(idle.queues(), len(stack.operations()))
        self.assertAlmostEqual(idle.stack_usd("all") - idle.stack_usd("alarms"), 3.00)
        self.assertEqual(idle.alarms(), 7 * idle.queues() + 2)
        self.assertLess(idle.polling_usd(prices.FEWEST_POLLERS), idle.polling_usd())


class Page(unittest.TestCase):
    def test_tables_and_summary_follow_from_the_counts_and_the_prices(self):
        for path, blocks in page.blocks(record.read()).items():
            text = path.read_text()
            self.assertEqual(page.filled(text, blocks), text, f"{path.name}: run `python3 -m devtools.cost`")

    def test_a_block_without_its_place_is_noticed(self):
        with self.assertRaisesRegex(Failure, "0 places for `<!-- cost: money -->`"):
            page.filled("<!-- cost: money -->\n", {"money": ""})

    def test_a_list_in_a_batch_asks_for_a_third_of_the_naive_design_s_requests_at_most(self):
        job = designs.counted(record.read()["batch of lists"], "stats")
        self.assertLessEqual(page.ratio_to_naive(job), 1 / 3)
        self.assertLessEqual(page.ratio_to_naive(designs.with_single_replies(job)), 1 / 3)

    def test_so_do_images_photographs_and_lists_as_a_map_job(self):
        found = record.read()
        for job in (
            designs.counted(found["map of images"], "grayscale"),
            page.mapped_photographs(found),
            designs.counted(found["map of lists"], "stats"),
        ):
            self.assertLessEqual(page.ratio_to_naive(job), 1 / 3)

    def test_an_image_with_a_job_of_its_own_does_not_and_could_not(self):
        job = designs.counted(record.read()["batch of images"], "grayscale")
        third = designs.naive("grayscale").requests / 3
        self.assertGreater(job.requests, third)
        self.assertGreater(designs.least_of_an_image(), third)
        self.assertLess(job.requests, designs.counted(record.read()["one image"], "grayscale").requests)


def walk(answers: list[str]) -> tuple[list[str], int]:
    """Which states of the template's state machine are entered, and how many of them are tasks, where the functions
    answer so: `work`, `done`."""
    text = stack.TEMPLATE.read_text().split("DefinitionString: !Sub |\n")[1].split("\n\n")[0]
    definition = json.loads(re.sub(r"\$\{\w+(::\w+)?\}", "1", text))
    states, name, entered = iter(answers), definition["StartAt"], []
    while True:
        entered.append(name)
        state = definition["States"][name]
        if state["Type"] == "Succeed":
            return entered, sum(definition["States"][each]["Type"] == "Task" for each in entered)
        if state["Type"] == "Choice":
            answer = next(states)
            name = next(each["Next"] for each in state["Choices"] if each.get("StringEquals") == answer)
        else:
            name = state["Next"]


if __name__ == "__main__":
    unittest.main()
