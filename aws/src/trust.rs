//! Whose word is taken for that a server is AWS.

use std::env;
use std::fs;
use std::path::PathBuf;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Names a file of certificates to be trusted instead of the system's, as for every AWS tool.
const VARIABLE: &str = "AWS_CA_BUNDLE";

/// The file that `AWS_CA_BUNDLE` names holds no certificates. Trying again will not help.
#[derive(Debug, thiserror::Error)]
#[error("cannot take certificates from `{}`, which {VARIABLE} names: {fault}; name a PEM file, or unset {VARIABLE}", path.display())]
pub struct InvalidCaBundle {
    path: PathBuf,
    fault: String,
}

/// The certificates of `AWS_CA_BUNDLE`, or, where that is not set or empty, those of the system (or of `SSL_CERT_FILE`).
pub(crate) fn trusted() -> Result<TlsContext, InvalidCaBundle> {
    let store = match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        None => TrustStore::default(),
        Some(path) => bundle(path.into())?,
    };
    let context = TlsContext::builder().with_trust_store(store).build();
    Ok(context.expect("a trust store is all that is set"))
}

fn bundle(path: PathBuf) -> Result<TrustStore, InvalidCaBundle> {
    let read = fs::read(&path).map_err(|error| error.to_string());
    let checked = read.and_then(|pem| {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match certificates {
            Ok(found) if found.is_empty() => Err("it holds no certificate".to_owned()),
            Ok(_) => Ok(pem),
            Err(error) => Err(error.to_string()),
        }
    });
    match checked {
        Ok(pem) => Ok(TrustStore::empty().with_pem_certificate(pem)),
        Err(fault) => Err(InvalidCaBundle { path, fault }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(content: &str) -> String {
        let path = env::temp_dir().join(format!(
            "errand-ca-bundle-{}-{}",
            std::process::id(),
            content.len()
        ));
        fs::write(&path, content).unwrap();
        let error = bundle(path.clone()).unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(
            error.contains(&path.display().to_string()) && error.contains("AWS_CA_BUNDLE"),
            "{error}"
        );
        error
    }

    #[test]
    fn a_bundle_without_a_certificate_is_told() {
        assert!(fault_of("").contains("holds no certificate"));
        let cut = "-----BEGIN CERTIFICATE-----\nMIIB";
        assert!(
            !fault_of(cut).contains("holds no certificate"),
            "{}",
            fault_of(cut)
        );
        let error = bundle("/nowhere/bundle.pem".into()).unwrap_err().to_string();
        assert!(error.contains("No such file"), "{error}");
    }
}
