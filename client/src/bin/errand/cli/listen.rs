//! What is typed after `errand listen`.

use clap::Args;

/// Print what arrives on the stack's response queue, and go on
///
/// Answers to requests that name no reply queue, and to files uploaded to the input bucket, arrive there. Each is a line: when the
/// job was done (UTC), its id, and what became of it. What has been printed is removed from the queue, unless --keep is given (the
/// outcomes stay on S3 in any case). Ends when interrupted, or after --count answers or --timeout seconds without one, where these
/// are given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand listen
  errand listen --keep                      look, and leave all to others
  errand listen --json --count 1 --timeout 60")]
pub(crate) struct ListenArguments {
    /// End after so many answers
    #[arg(long, env = "ERRAND_COUNT", value_name = "N")]
    pub(crate) count: Option<u64>,

    /// Leave what is printed in the queue. While this looks at it, others do not get it; at the end they do at once
    #[arg(long, env = "ERRAND_KEEP")]
    pub(crate) keep: bool,
}
