"""The state machine of map jobs. cfn-lint does not look into a definition that has something to fill in (E3601 passes
over Fn::Sub), and the local cloud runs one that AWS would refuse."""

import json
import re
import unittest

from cfnlint.api import ManualArgs, lint

from devtools.checkout import ROOT
from devtools.checks.template.document import FUNCTIONS, OPERATIONS, TEMPLATE, properties

OF_STATES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
ARN = f"{OF_STATES}:stateMachine:${{AWS::StackName}}-map"
EXECUTIONS = f"{OF_STATES}:execution:${{AWS::StackName}}-map:*"
MAP_RUNS = f"{OF_STATES}:mapRun:${{AWS::StackName}}-map/work:*"

# "Step Functions service quotas": what a state may hand on, and how long an Express execution lives.
MOST_BYTES = 256 * 1024
EXPRESS_SECONDS = 300
# The most lines of a list of work: the planner's limit.
MOST_CHILDREN = 50_000

FILLED_IN = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "errand",
    "ResultBucket": "errand-results-123456789012-eu-west-1",
    "MapConcurrency": "40",
}


def filled_in(text):
    """What CloudFormation makes of a text with `${NAME}` in it; another name is an error."""
    return re.sub(r"\$\{([\w:]+)\}", lambda found: FILLED_IN[found[1]], text)


MACHINE = properties("MapStateMachine")
TEXT = filled_in(MACHINE["DefinitionString"]["Fn::Sub"])
DEFINITION = json.loads(TEXT)
STATES = DEFINITION["States"]
WORK = STATES["Work"]
CHILD = WORK["ItemProcessor"]
ITEM = CHILD["States"]["Item"]
TASKS = {name: each for name, each in {**STATES, **CHILD["States"]}.items() if each["Type"] == "Task"}


class StateMachine(unittest.TestCase):
    def test_cfn_lint_finds_nothing_in_the_definition_once_it_is_filled_in(self):
        self.assertEqual(findings(TEXT), [])
        self.assertTrue(findings(TEXT.replace('"Choice"', '"Chosen"')))

    def test_it_is_named_as_the_protocol_says_and_keeps_a_history(self):
        source = (ROOT / "protocol" / "src" / "stack.rs").read_text()
        self.assertIn('format!("{self}-map")', source)
        self.assertEqual(MACHINE["StateMachineName"], {"Fn::Sub": "${AWS::StackName}-map"})
        # A Standard execution's name is taken for 90 days: the same job is not begun twice.
        self.assertEqual(MACHINE["StateMachineType"], "STANDARD")
        self.assertEqual(MACHINE["RoleArn"], {"Fn::GetAtt": ["MapRole", "Arn"]})
        self.assertEqual(TEMPLATE["Outputs"]["StateMachineArn"]["Value"], {"Ref": "MapStateMachine"})
        self.assertEqual(MACHINE["TracingConfiguration"], {"Enabled": {"Fn::If": ["Traced", True, False]}})
        self.assertNotIn("QueryLanguage", TEXT)  # JSONPath, which the local cloud's Distributed Map knows

    def test_it_logs_what_fails_and_nobody_s_data(self):
        logging = MACHINE["LoggingConfiguration"]
        self.assertEqual((logging["Level"], logging["IncludeExecutionData"]), ("ERROR", False))
        group = {"LogGroupArn": {"Fn::GetAtt": ["MapLogs", "Arn"]}}
        self.assertEqual(logging["Destinations"], [{"CloudWatchLogsLogGroup": group}])
        logs = properties("MapLogs")
        self.assertEqual(logs["LogGroupName"], {"Fn::Sub": "/aws/vendedlogs/states/${AWS::StackName}-map"})
        self.assertEqual(logs["RetentionInDays"], {"Ref": "LogRetentionDays"})

    def test_every_state_leads_somewhere_and_is_led_to(self):
        led_to = {DEFINITION["StartAt"]}
        for name, state in STATES.items():
            given = [*state.get("Choices", []), *state.get("Catch", [])]
            nexts = {each["Next"] for each in (state, *given) if "Next" in each} | {state.get("Default")} - {None}
            self.assertEqual(bool(nexts), state["Type"] not in ("Succeed", "Fail"), name)
            led_to |= nexts
        self.assertEqual(led_to, set(STATES))
        self.assertEqual((CHILD["StartAt"], set(CHILD["States"]), ITEM["End"]), ("Item", {"Item"}, True))

    def test_a_function_is_one_of_the_stack_s_whatever_the_input_says(self):
        # Whoever names another operation names a function that the role may not call.
        for name, task in TASKS.items():
            self.assertEqual(task["Resource"], "arn:aws:states:::lambda:invoke", name)
            self.assertNotIn("FunctionName", task["Parameters"])
            called = task["Parameters"]["FunctionName.$"]
            (pattern,) = re.findall(r"^States\.Format\('([^']*)', \$\.operation\)$", called)
            named = {pattern.replace("{}", operation) for operation in OPERATIONS}
            aliases = {
                f"arn:aws:lambda:eu-west-1:123456789012:function:"
                f"{filled_in(properties(function)['FunctionName']['Fn::Sub'])}:live"
                for function in FUNCTIONS
            }
            self.assertEqual(named, aliases, name)

    def test_functions_are_told_the_step_the_job_and_what_it_needs_and_no_more(self):
        given = {"job_id.$": "$.job_id"}
        told = {name: task["Parameters"]["Payload"]["errand_map"] for name, task in TASKS.items()}
        self.assertEqual(told["Plan"], {"step": "plan", **given})
        self.assertEqual(told["Item"], {"step": "work", **given, "round.$": "$.round", "item.$": "$.item"})
        self.assertEqual(told["Reduce"], {"step": "reduce", **given, "round.$": "$.last.answer.round"})
        self.assertEqual(told["Fail"], {"step": "fail", **given, "error.$": "$.error"})

    def test_each_answer_is_followed_and_what_is_none_fails_the_job(self):
        for name in ("Plan", "Reduce"):
            kept = STATES[name]["ResultSelector"], STATES[name]["ResultPath"], STATES[name]["Next"]
            self.assertEqual(kept, ({"answer.$": "$.Payload"}, "$.last", "Next"))
        choices = STATES["Next"]["Choices"]
        self.assertEqual({each["Variable"] for each in choices}, {"$.last.answer.next"})
        # A Choice has no Catch: what is not there has to be asked for first, or ends the execution at once.
        self.assertEqual((choices[0]["IsPresent"], choices[0]["Next"]), (False, "Misunderstood"))
        followed = {each["StringEquals"]: each["Next"] for each in choices[1:]}
        self.assertEqual(followed, {"plan": "Plan", "work": "Work", "done": "Done"})
        self.assertEqual(STATES["Next"]["Default"], "Misunderstood")
        self.assertEqual(STATES["Misunderstood"]["ResultPath"], "$.error")
        self.assertEqual(STATES["Misunderstood"]["Result"].keys(), {"Error", "Cause"})

    def test_whatever_fails_comes_to_the_step_that_gives_the_job_its_outcome(self):
        for name in ("Plan", "Work", "Reduce"):
            caught = STATES[name]["Catch"]
            # States.ALL stands alone, last, and not for this one: "Error names" in the developer guide.
            self.assertEqual([each["ErrorEquals"] for each in caught], [["States.DataLimitExceeded"], ["States.ALL"]])
            self.assertEqual({(each["Next"], each["ResultPath"]) for each in caught}, {("Fail", "$.error")}, name)
        self.assertEqual(STATES["Misunderstood"]["Next"], "Fail")
        self.assertEqual(STATES["Fail"]["Next"], "Failed")
        self.assertEqual({each["Next"] for each in STATES["Fail"]["Catch"]}, {"Failed"})
        # Not every error has a cause.
        failed = STATES["Failed"]
        self.assertEqual((failed["ErrorPath"], failed["CausePath"]), ("$.error.Error", "States.JsonToString($.error)"))

    def test_who_is_throttled_waits_longest_and_a_child_not_beyond_its_life(self):
        for name, task in TASKS.items():
            throttled, others = task["Retry"]
            self.assertEqual(throttled["ErrorEquals"], ["Lambda.TooManyRequestsException"])
            self.assertEqual(others["ErrorEquals"], ["States.ALL"])
            self.assertGreater(longest_wait(throttled), longest_wait(others), name)
            for each in (throttled, others):
                self.assertEqual(each["JitterStrategy"], "FULL")
                self.assertGreater(each["BackoffRate"], 1)
        self.assertLessEqual(sum(map(longest_wait, ITEM["Retry"])), 0.6 * EXPRESS_SECONDS)
        for task in ("Plan", "Reduce", "Fail"):
            # No function runs for longer than 900 s.
            self.assertGreater(STATES[task]["TimeoutSeconds"], 900)
            self.assertGreaterEqual(longest_wait(STATES[task]["Retry"][0]), 3000)

    def test_children_are_express_and_as_many_at_once_as_the_parameter_says(self):
        self.assertEqual(CHILD["ProcessorConfig"], {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"})
        self.assertEqual((WORK["Label"], WORK["ToleratedFailurePercentage"]), ("work", 0))
        self.assertIn('"MaxConcurrency": ${MapConcurrency},', MACHINE["DefinitionString"]["Fn::Sub"])
        self.assertEqual(WORK["MaxConcurrency"], 40)  # a number
        parameter, other = (TEMPLATE["Parameters"][name] for name in ("MapConcurrency", "MaximumConcurrency"))
        self.assertEqual(parameter["AllowedValues"], other["AllowedValues"])
        # Half of a new account's ten, however many functions have queues.
        self.assertEqual(parameter["Default"], 5)

    def test_work_is_read_from_the_result_bucket_line_by_line(self):
        reader = WORK["ItemReader"]
        self.assertEqual(reader["Resource"], "arn:aws:states:::s3:getObject")
        self.assertEqual(reader["ReaderConfig"], {"InputType": "JSONL"})
        place = {"Bucket": FILLED_IN["ResultBucket"], "Key.$": "$.last.answer.work"}
        self.assertEqual(reader["Parameters"], place)
        selected = {"job_id.$": "$.job_id", "operation.$": "$.operation", "round.$": "$.last.answer.round"}
        self.assertEqual(WORK["ItemSelector"], {**selected, "item.$": "$$.Map.Item.Value"})

    def test_what_children_answer_fits_what_a_state_may_hand_on(self):
        # A null leaves an empty object of the output. The map's result is dropped, but has to fit before it is.
        self.assertIsNone(ITEM["OutputPath"])
        self.assertIsNone(WORK["ResultPath"])
        self.assertLess(len("{},") * MOST_CHILDREN, 0.6 * MOST_BYTES)
        self.assertLess(len(TEXT), 1024 * 1024)  # a definition's quota

    def test_a_job_whose_execution_ended_otherwise_gets_its_outcome_by_the_same_step(self):
        for function, (name, *_) in FUNCTIONS.items():
            event = properties(function)["Events"]["MapEnded"]
            self.assertEqual(event["Type"], "EventBridgeRule")
            pattern, transformer = event["Properties"]["Pattern"], event["Properties"]["InputTransformer"]
            self.assertEqual(pattern["source"], ["aws.states"])
            self.assertEqual(pattern["detail-type"], ["Step Functions Execution Status Change"])
            detail = pattern["detail"]
            self.assertEqual(detail["stateMachineArn"], [{"Fn::Sub": ARN}])
            self.assertEqual(detail["status"], ["FAILED", "TIMED_OUT", "ABORTED"])
            (wildcard,) = detail["input"]
            for operation in OPERATIONS:
                for text in (as_rust_writes(operation), json.dumps(json.loads(as_rust_writes(operation)), indent=2)):
                    fits = re.fullmatch(re.escape(wildcard["wildcard"]).replace(r"\*", ".*"), text, re.DOTALL)
                    self.assertEqual(bool(fits), operation == name)
            # EventBridge puts quotes around what it fills in.
            self.assertEqual(transformer["InputPathsMap"], {"job": "$.detail.name", "status": "$.detail.status"})
            written = re.sub("<(job|status)>", r'"\1"', transformer["InputTemplate"])
            error = {"Error": "status", "Cause": "the execution ended"}
            self.assertEqual(json.loads(written), {"errand_map": {"step": "fail", "job_id": "job", "error": error}})


def as_rust_writes(operation):
    return f'{{"job_id":"01a22a91-82e0-7219-8558-30f6d5e6061c","operation":"{operation}"}}'


def longest_wait(retrier):
    """Seconds that all retries of a kind wait at most, without jitter."""
    first, rate = retrier["IntervalSeconds"], retrier["BackoffRate"]
    return sum(min(first * rate**count, retrier["MaxDelaySeconds"]) for count in range(retrier["MaxAttempts"]))


def findings(definition):
    """What cfn-lint says of a definition."""
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": "arn:aws:iam::123456789012:role/map", "DefinitionString": definition},
    }
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}}
    return [str(each) for each in lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))]
