//! From settings to the cloud that is spoken to.

use errand_client::{AccessKey, InvalidEndpoint, InvalidKmsKey, Notes, Settings, Stack};

use crate::config::{Files, Key, Resolved};
use crate::error::Error;
use crate::output;

/// What every emulator takes for a key, and for its secret: the documented ones of `LocalStack` and those that follow it.
const EMULATOR_KEY: &str = "test";

/// Which cloud the command speaks to.
pub(crate) fn settings(resolved: &Resolved) -> Result<Settings, Error> {
    let stack = resolved.value(Key::Stack).unwrap_or("errand").parse::<Stack>();
    let endpoint_url = resolved.said(Key::EndpointUrl).map(str::parse).transpose();
    let kms_key = resolved.said(Key::KmsKeyArn).map(str::parse).transpose();
    let mut settings = Settings::of_stack(stack.map_err(|error| Error::Usage(error.to_string()))?);
    settings.region = resolved.said(Key::Region).map(str::to_owned);
    settings.kms_key = kms_key.map_err(|error: InvalidKmsKey| Error::Usage(error.to_string()))?;
    settings.endpoint_url = endpoint_url.map_err(|error: InvalidEndpoint| Error::Usage(error.to_string()))?;
    settings.is_at_aws = resolved.is_at_aws;
    settings.profile = resolved.said(Key::Profile).map(str::to_owned);
    if resolved.is_emulator {
        settings.access_key = Some(AccessKey {
            id: EMULATOR_KEY.to_owned(),
            secret: EMULATOR_KEY.to_owned(),
            session_token: None,
        });
    }
    settings.notes = Notes::to(output::note);
    Ok(settings)
}

/// Tells which files were read and what they lead to; and a person, what of the environment they outdo.
pub(crate) fn tell(resolved: &Resolved, files: &Files) {
    for file in &files.read {
        output::step(&format!("settings of {}", file.path.display()));
    }
    let Some(target) = &resolved.target else { return };
    let place = resolved.value(Key::EndpointUrl).unwrap_or("AWS");
    output::step(&format!("target `{target}`: {place}"));
    if let Some(variable) = resolved.unheeded {
        output::note(&format!(
            "target `{target}` is an emulator at {place}: {variable} is not heeded; for AWS, name a profile or another target"
        ));
    }
}
