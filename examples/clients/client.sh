#!/usr/bin/env bash
# A client of errand in shell, with the AWS CLI alone (version 1 or 2): the same as `errand stats` and `errand grayscale`, to
# read and to take from. docs/protocol.md explains each step.
#
#     ./client.sh stats input.txt
#     ./client.sh grayscale image.jpg gray.jpg
#
# Prints the outcome. Credentials, region and endpoint are the usual ones of AWS; ERRAND_STACK names the stack if it is not
# `errand`. Exit code 0 is an answer, 1 a failed job or none yet.
set -euo pipefail

operation=$1 file=$2 output=${3:-output_${2##*/}}
stack=${ERRAND_STACK:-errand}
export AWS_PAGER=

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(command aws configure get region)}}
# Said at every call: version 1 takes no notice of AWS_REGION, nor, for SQS, of AWS_ENDPOINT_URL.
aws() { command aws --region "$region" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"; }
url() { aws sqs get-queue-url --queue-name "$1" --query QueueUrl --output text; }

# The names of all else derive from the stack's, the account and the region.
requests=$(url "$stack-$operation-requests")
account=$(basename "$(dirname "$requests")")
inputs=$stack-input-$account-$region results=$stack-results-$account-$region

# Drawn by the client, before anything is sent. It comes back as it was written, but keys have it in lower case, and some
# uuidgen write it in upper case.
job=$(uuidgen 2> /dev/null || cat /proc/sys/kernel/random/uuid)
job=$(tr '[:upper:]' '[:lower:]' <<< "$job")

# The queue in which this client waits, with the tags by which `errand doctor` knows one that was left behind.
name=$stack-reply-${job//-/}
replies=$(aws sqs create-queue --queue-name "$name" --query QueueUrl --output text \
  --attributes MessageRetentionPeriod=3600,SqsManagedSseEnabled=true \
  --tags "errand:stack=$stack,errand:created-unix-secs=$(date +%s)")
work=$(mktemp -d)
trap 'aws sqs delete-queue --queue-url "$replies"; rm -r "$work"' EXIT

# The input goes to S3, under the job's own id, so that its content need not be quoted in JSON. A short list can go in the
# message instead, as {"inline": "3 1 2"}.
key=uploads/$job/input
aws s3 cp --only-show-errors "$file" "s3://$inputs/$key"
cat > "$work/request.json" << END
{
  "version": 1,
  "job_id": "$job",
  "operation": "$operation",
  "input": { "object": { "bucket": "$inputs", "key": "$key" } },
  "reply_queue": "$name"
}
END
aws sqs send-message --queue-url "$requests" --message-body "file://$work/request.json" > "$work/sent.json"

# The reply is a hint that the outcome is there: it wakes this client, and the outcome is read from S3. So does the end of
# each wait, as a reply may be lost.
outcome=$work/outcome.json
for wait in 5 20 20 20 20 20 20 20 20 20; do
  aws sqs receive-message --queue-url "$replies" --wait-time-seconds "$wait" > "$work/reply.json"
  if aws s3 cp --only-show-errors "s3://$results/outcomes/$job.json" "$outcome" 2> "$work/errors"; then
    # Stored in case that the function is killed while it makes its last attempt: no answer before this moment. A quote that
    # is part of a text has a backslash before it, so that this can only be the field.
    not_before=$(sed -n 's/.*"not_before_unix_ms":\([0-9]*\).*/\1/p' "$outcome")
    ((${not_before:-0} > $(date +%s) * 1000)) || break
    rm "$outcome"
  elif ! grep -q 404 "$work/errors"; then
    cat "$work/errors" >&2
    exit 1
  fi
done
if [[ ! -e $outcome ]]; then
  echo "no answer yet: fetch it later with \`errand result $job\`" >&2
  exit 1
fi

cat "$outcome"
echo
grep -q '"status":"succeeded"' "$outcome" || exit 1
if [[ $operation == grayscale ]]; then
  # What a job makes lies under its id, alone; the name ends as the format does.
  aws s3 ls "s3://$results/results/$job/" > "$work/made.txt"
  made=$(awk '{ print $4 }' "$work/made.txt")
  aws s3 cp --only-show-errors "s3://$results/results/$job/$made" "$output"
fi
