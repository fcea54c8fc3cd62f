//! How a job is sent.

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use errand_client::Engine;

use super::complete;
use crate::error::Error;

/// How a job is sent.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SendArguments {
    /// Send the job, print its id and do not wait: see `errand wait`, `errand result` and `errand jobs`; of many, an id a line
    #[arg(long, env = "ERRAND_DETACH")]
    pub(crate) detach: bool,

    /// Give the job an id that follows from operation, parameters and input: the same job is not done again, but answered
    /// with what became of it, as long as the stack keeps that
    #[arg(long, env = "ERRAND_ID_FROM_CONTENT")]
    pub(crate) id_from_content: bool,

    /// What does the job: `queue`, one function; `map`, many of them, by Step Functions [default: what the function that gets it
    /// chooses, by its size]
    #[arg(long, env = "ERRAND_ENGINE", value_parser = engine, add = ArgValueCandidates::new(|| complete::words(["queue", "map"])))]
    pub(crate) engine: Option<Engine>,
}

fn engine(text: &str) -> Result<Engine, String> {
    match text {
        "queue" => Ok(Engine::Queue),
        "map" => Ok(Engine::Map),
        _ => Err("expected queue or map".to_owned()),
    }
}

impl SendArguments {
    /// Refuses what makes no sense without a cloud.
    pub(crate) fn check_offline(self) -> Result<(), Error> {
        if self.detach {
            let message = "--detach asks the cloud: leave out --offline (or ERRAND_OFFLINE)";
            return Err(Error::Usage(message.to_owned()));
        }
        if self.engine.is_some() {
            let message = "--engine is for the cloud: leave out --offline (or ERRAND_OFFLINE)";
            return Err(Error::Usage(message.to_owned()));
        }
        Ok(())
    }
}
