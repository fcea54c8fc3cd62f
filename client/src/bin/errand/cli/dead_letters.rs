//! What is typed after `errand dead-letters`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use errand_client::{JobId, operations};

use super::complete;

/// Requests that could not be done: list, show, send again
///
/// A request that failed for a reason that may pass, such as a lacking right or a service that was down, was answered
/// with "failed after N attempts" and is kept until 14 days after it was sent. Mend the cause, then redrive it: the job
/// is done under its old id, and its new answer takes the place of the failure. This needs the stack's operator policy
/// (output OperatorPolicyArn). Looking holds a dead letter for a moment, in which nobody else sees it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand dead-letters list
  errand dead-letters list --operation stats --json
  errand dead-letters show 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters show 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --body | jq .
  errand dead-letters redrive 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters redrive --all && errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --timeout 60

Exit codes: 0 done; 2 there is no such dead letter; 4 some are held by somebody else who looks at them: again in a minute")]
pub(crate) struct DeadLettersArguments {
    #[command(subcommand)]
    pub(crate) action: DeadLettersAction,

    /// Only those of this operation
    #[arg(long, global = true, env = "ERRAND_OPERATION", value_parser = PossibleValuesParser::new(operations::names()))]
    pub(crate) operation: Option<String>,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersAction {
    /// One line for each: its job, operation, age, reason and input
    #[command(after_help = "\
Examples:
  errand dead-letters list
  errand dead-letters list --operation stats --json")]
    List,
    /// What is known of one, and the failure that it was answered with
    #[command(after_help = "\
Examples:
  errand dead-letters show 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters show 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --body > request.json")]
    Show {
        /// The job's id, or the id of the message
        #[arg(value_name = "JOB_ID", add = ArgValueCandidates::new(complete::job_ids))]
        job: JobId,
        /// Print the request as it was sent, and nothing else (JSON holds it in any case)
        #[arg(long, env = "ERRAND_BODY")]
        body: bool,
    },
    /// Send it to its function again
    #[command(after_help = "\
Examples:
  errand dead-letters redrive 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters redrive --all --operation stats")]
    Redrive {
        /// The job's id, or the id of the message
        #[arg(value_name = "JOB_ID", required_unless_present = "all", add = ArgValueCandidates::new(complete::job_ids))]
        job: Option<JobId>,
        /// Send all of them
        #[arg(long, conflicts_with = "job")]
        all: bool,
    },
}
