# The one entry point, for people and for CI. `make` alone lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
export PYTHON
# The local cloud's port: a number, `free`, or `auto` (4566 when it is free).
PORT ?= 4566
# Architecture of the functions on AWS: arm64 or x86_64. Without it, that of the deployed stack, or arm64.
ARCHITECTURE ?=
# Which stack `make deploy` deploys, and where: without a region, where your AWS configuration says.
STACK ?= errand
REGION ?=
# Parameters of the stack, as in: make deploy PARAMETERS="RetentionDays=7 LogRetentionDays=14"
PARAMETERS ?=
# Tags for all that the stack consists of, as in: make deploy TAGS="team=imaging cost-center=7"
TAGS ?=
# More for `sam deploy`, as in: make deploy DEPLOY="--guided"
DEPLOY ?=
# More for `make undeploy`: UNDEPLOY=--yes deletes without a question.
UNDEPLOY ?=
# More for `make bench`, as in: make bench BENCH="--cases jpeg-a,list --runs 15"
BENCH ?=
# More for the many photographs of `make bench`, as in: make bench MANY="--files 1000"
MANY ?=
# More for the start of the command in `make bench`, as in: make bench START="--runs 31"
START ?=
# More for `make bench-throughput`, as in: make bench-throughput THROUGHPUT="--turns 5"
THROUGHPUT ?=
# More for `make bench-memory`, as in: make bench-memory MEMORY="--runs 15"
MEMORY ?=
# How long `make fuzz` runs each target, in seconds.
FUZZ_SECONDS ?= 60

# Everything is built with one profile into one target directory: the AWS SDK takes minutes and is compiled once.
CARGO := cargo
RELEASE := --release --locked

LOCAL_CLOUD := $(PYTHON) -m devtools.local_cloud
# The Python of the local cloud's virtual environment: it has boto3.
CLOUD_PYTHON := .venv/cloud/bin/python

##@ To begin with

.PHONY: demo
demo: setup build ## build, start the local cloud, run both jobs on examples/ and show the results
	@scripts/demo

.PHONY: test
test: test-unit test-devtools test-template test-contract test-e2e test-auth test-events test-permissions test-doctor test-transcripts test-clients test-undeploy test-cost test-troubles test-checker test-storm test-map-storm test-memory ## run every test, against a local cloud of its own

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-21s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Building

.PHONY: setup
setup: ## install the pinned tools (local cloud, SAM CLI, cargo-lambda) into .venv/
	@$(PYTHON) -m devtools.install

.PHONY: build
build: ## build the client and both functions for this machine
	$(CARGO) build $(RELEASE) --workspace
	@scripts/stage build/lambda target/release

.PHONY: fmt
fmt: ## format the code
	$(CARGO) fmt --all
	@$(PYTHON) -m devtools.install lint
	.venv/lint/bin/ruff format
	RUST_LOG=warn .venv/lint/bin/taplo fmt

.PHONY: clean
clean: local-down ## remove what was built; the tools in .venv/ and the targets of `make deploy` stay
	$(CARGO) clean
	rm -rf build .local

##@ The local cloud

.PHONY: local-up
local-up: setup build ## start the local cloud, or bring the running one up to date (PORT=4566)
	@$(LOCAL_CLOUD) up --port $(PORT)

.PHONY: local-down
local-down: ## stop it; nothing is kept, nor its target in .errand.toml
	@$(LOCAL_CLOUD) down

.PHONY: local-env
local-env: ## print what a shell needs to reach it: eval "$(make -s local-env)"
	@$(LOCAL_CLOUD) env

.PHONY: local-logs
local-logs: ## print what the functions have logged
	@$(LOCAL_CLOUD) logs

.PHONY: sam-local
sam-local: setup build ## run both functions with `sam local invoke`, where a Docker engine answers
	@scripts/sam-local

##@ Checking

.PHONY: lint
lint: setup ## check format, lints, documentation, spelling, scripts, template and licenses
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(RELEASE) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(RELEASE) --workspace --no-deps --document-private-items
	@scripts/lint-template
	@scripts/lint-dependencies
	@$(MAKE) --no-print-directory lint-text

# What no compiler reads, checked with the tools of requirements/lint.txt.
.PHONY: lint-text
lint-text:
	@$(PYTHON) -m devtools.install lint
	.venv/lint/bin/ruff check
	.venv/lint/bin/ruff format --check
	.venv/lint/bin/mypy
	@scripts/lint-files

# The parts of `make test`. The end-to-end tests are named by their program, rather than by --package errand-e2e: with
# that, Cargo would work out the features for this package alone and compile the AWS SDK once more.
E2E := --test e2e
.PHONY: test-unit test-devtools test-template test-contract test-e2e test-auth test-events test-permissions test-doctor test-transcripts test-clients test-undeploy test-cost test-troubles test-checker test-storm test-map-storm test-memory
test-unit:
	@$(PYTHON) -m devtools.install oracles
	ERRAND_TEST_PYTHON=$(CURDIR)/.venv/oracles/bin/python $(CARGO) test $(RELEASE) --workspace --exclude errand-e2e

test-devtools:
	$(PYTHON) -m unittest discover --top-level-directory . devtools/tests

test-template: setup
	.venv/sam/bin/python -m devtools.checks.template

# The worker's ports keep one contract, whether a fake or the local cloud is behind them.
test-contract: setup build
	$(LOCAL_CLOUD) run -- $(CARGO) test $(RELEASE) --workspace --lib keeps_the_contract

# What the tests get is then held against docs/schemas/.
ANSWERS := $(CURDIR)/.local/answers.jsonl
test-e2e: setup build
	@$(PYTHON) -m devtools.install clients
	rm -f $(ANSWERS)
	E2E_ANSWERS=$(ANSWERS) $(LOCAL_CLOUD) run --parameter RetryBaseSeconds=0 -- $(CARGO) test $(RELEASE) --workspace $(E2E)
	.venv/clients/bin/python -m devtools.checks.schemas --answers $(ANSWERS)

# The same tests with permissions enforced, over TLS: the client is an IAM user with the client policy alone, the
# functions have their roles.
test-auth: setup build
	$(LOCAL_CLOUD) run --auth --parameter RetryBaseSeconds=0 -- $(CLOUD_PYTHON) -m devtools.local_cloud.with_users \
	  $(CARGO) test $(RELEASE) --workspace $(E2E)

# docs/add-an-operation.md holds: what it says, done in a copy of the checkout, gives a third operation that answers. Not part
# of `make test`, since it compiles the command and all functions once more.
.PHONY: test-add-an-operation
test-add-an-operation: setup build ## follow docs/add-an-operation.md in a copy of the checkout, and ask its operation
	$(PYTHON) -m devtools.checks.add_an_operation

.PHONY: fuzz
fuzz: ## run each fuzz target for a minute (FUZZ_SECONDS=60), where a nightly toolchain and cargo-fuzz are
	@scripts/fuzz $(FUZZ_SECONDS)

# Not part of `make test`: it compiles all that is pure for another architecture.
.PHONY: test-arm64
test-arm64: ## run the tests of operations, protocol and jpeg-luma on arm64, by QEMU where this machine is another
	@scripts/test-arm64

# Not part of `make test`: docs/releasing.md.
.PHONY: release-check
release-check: setup build ## make a release's files for this machine, unpack them into an empty folder and use them from there
	$(PYTHON) -m devtools.checks.release

CHAINED := arn:aws:sns:us-east-1:000000000000:uploads,arn:aws:events:us-east-1:000000000000:rule/uploads-*
test-events: setup build
	@$(PYTHON) -m devtools.install clients
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.checks.events
	$(LOCAL_CLOUD) run --parameter "EventSourceArns=$(CHAINED)" -- .venv/clients/bin/python -m devtools.checks.chained

test-permissions: setup build
	$(LOCAL_CLOUD) run --as-client --parameter "ReadableBuckets=no-such-bucket,permissions-read*" \
	  --parameter WritableBuckets=permissions-writable -- $(CLOUD_PYTHON) -m devtools.checks.permissions
	$(LOCAL_CLOUD) run --auth --bare -- .venv/sam/bin/python -m devtools.checks.plain_http

# Whatever is broken of a stack, `errand doctor` finds.
test-doctor: setup build
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.checks.doctor

# Every word that the command prints is what it was, for each command and many an error.
TRANSCRIPTS := $(LOCAL_CLOUD) run --parameter RetryBaseSeconds=0 --parameter ReadableBuckets=measurements -- $(CLOUD_PYTHON) -m devtools.checks.transcripts
test-transcripts: setup build
	$(TRANSCRIPTS)

.PHONY: transcripts
transcripts: setup build ## write anew what the command prints, in client/tests/transcripts/, to be read
	$(TRANSCRIPTS) --record

# docs/protocol.md is enough to write a client from: the two of examples/clients/ get the right answers, as users who have
# the client policy alone.
test-clients: setup build
	@$(PYTHON) -m devtools.install clients
	$(LOCAL_CLOUD) run --as-client -- .venv/clients/bin/python -m devtools.checks.clients

# `make undeploy` leaves nothing behind.
test-undeploy: setup build
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.checks.undeploy

# What jobs ask of AWS is what docs/cost.md says. Few batches of a map job at once are done before they look whether it was canceled.
COST := $(LOCAL_CLOUD) run --functions-port free --parameter MapConcurrency=2 -- $(CLOUD_PYTHON) -m devtools.cost.measure
test-cost: setup build
	$(COST)
	$(PYTHON) -m devtools.cost --check

# Statistics keep to the memory that there is, by the kernel's figures.
test-memory: setup build
	$(PYTHON) -m devtools.checks.memory

##@ Measuring

.PHONY: cost
cost: setup build ## count anew what jobs ask of AWS, and write the tables of docs/cost.md
	$(COST) --record
	$(PYTHON) -m devtools.cost

.PHONY: bench
bench: build ## measure speed and memory beside the peers, into target/bench/report.json (BENCH="--quick")
	$(CARGO) build $(RELEASE) --workspace --example plain_image_crate
	@$(PYTHON) -m devtools.bench $(BENCH)
	@$(PYTHON) -m devtools.bench.many $(MANY)
	@$(PYTHON) -m devtools.bench.start $(START)

# A function whose operation panics, takes too long, or kills the process answers all the same.
test-troubles: setup build
	$(CARGO) build $(RELEASE) --workspace --example troubled_stats
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.storm.troubles target/release/examples/troubled_stats
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.storm.killed target/release/examples/troubled_stats
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.storm.backlog target/release/examples/troubled_stats

# The checker of the storm is itself checked: with records that were tampered with, and a function that misbehaves.
test-checker: setup build
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.storm.prove

# 5 % of all calls to S3 and SQS meet a fault, and a function is killed every 2 s.
STORM := $(LOCAL_CLOUD) run --faults free --parameter RetryBaseSeconds=1 -- $(CLOUD_PYTHON) -m devtools.storm
test-storm: setup build
	$(STORM) --lists 280 --images 20 --commands 20

# Map jobs in the same storm, and one that is canceled in the middle: fewer images here than in `make test-faults`.
MAP_STORM := $(LOCAL_CLOUD) run --faults free --parameter RetryBaseSeconds=1 --parameter ReadableBuckets=lake \
  --parameter WritableBuckets=lake -- $(CLOUD_PYTHON) -m devtools.storm.maps
test-map-storm: setup build
	@$(PYTHON) -m devtools.install oracles
	$(MAP_STORM) --images 1500 --broken 20 --list-mb 40 --slice-mib 2 --only-faults

.PHONY: test-faults
test-faults: setup build test-checker ## 10,300 jobs of 20 clients, then a map job on 10,000 images, while everything fails; then count
	$(STORM) --lists 9900 --images 275 --commands 125 --look-every 5
	@$(PYTHON) -m devtools.install oracles
	$(MAP_STORM)

.PHONY: bench-memory
bench-memory: ## what jobs need of a function's memory and processor, with what `make package` has built for this machine
	@$(PYTHON) -m devtools.bench.memory $(MEMORY)

.PHONY: scale
scale: ## simulate how long lists of up to 1 TB and a million images take, and what they cost: docs/scale.md
	@$(PYTHON) bench/scale.py

.PHONY: bench-map
bench-map: setup build ## a list of 1.1 GB through functions of 256 MB on the local cloud, with the memory that each takes
	$(LOCAL_CLOUD) run --parameter StatsMemoryMb=256 --parameter MapConcurrency=2 --parameter ReadableBuckets=errand-bench \
		-- $(CLOUD_PYTHON) -m devtools.bench.map_job $(MAP)

.PHONY: bench-throughput
bench-throughput: setup build ## jobs per second through the local cloud, beside the original design
	$(LOCAL_CLOUD) run -- $(CLOUD_PYTHON) -m devtools.bench.throughput $(THROUGHPUT)

##@ AWS

.PHONY: package
package: setup ## build both functions for AWS (ARCHITECTURE=arm64) and stage them with the template
	@scripts/package $(ARCHITECTURE)

# What would fail in the end is told before ten minutes of building.
.PHONY: check-deploy
check-deploy:
	@$(PYTHON) -m devtools.deploy check '$(STACK)'

# SAM's Python has boto3.
ACCOUNT := .venv/sam/bin/python -m devtools.account
.PHONY: check-account
check-account: check-deploy setup
	@$(ACCOUNT) check $(REGION)

# An update without ARCHITECTURE keeps the one that the stack has.
KEPT_ARCHITECTURE = $(or $(ARCHITECTURE),"$$($(ACCOUNT) architecture $(STACK) $(REGION))")
.PHONY: deploy
deploy: check-account build ## deploy to the AWS account of your credentials; asks before it changes anything
	$(if $(findstring --parameter-overrides,$(DEPLOY)),$(error give parameters as PARAMETERS="NAME=VALUE ...": \
	  SAM takes the last --parameter-overrides alone, and would forget Architecture))
	@architecture=$(KEPT_ARCHITECTURE); scripts/package "$$architecture"
	architecture=$(KEPT_ARCHITECTURE); \
	SAM_CLI_TELEMETRY=0 .venv/sam/bin/sam deploy --config-file $(CURDIR)/samconfig.toml \
	  --template-file build/aws/template.yaml --stack-name $(STACK) $(if $(REGION),--region $(REGION)) \
	  $(if $(TAGS),--tags $(TAGS)) \
	  --parameter-overrides Architecture="$$architecture" $(PARAMETERS) \
	  Revision="$$($(PYTHON) -m devtools.deploy revision Architecture="$$architecture" $(PARAMETERS))" $(DEPLOY)
	@$(ACCOUNT) deployed $(STACK) $(REGION)

.PHONY: undeploy
undeploy: check-account ## delete the stack and all that is in its buckets, after a question
	@$(ACCOUNT) undeploy $(UNDEPLOY) $(STACK) $(REGION)
