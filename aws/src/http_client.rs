//! The HTTP client of every call: TLS, proxies, time-outs.

use std::env;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::endpoint::is_near;
use crate::read_timeout::ReadTimeout;
use crate::trust::{InvalidCaBundle, trusted};

/// What names a proxy, in capital letters or small ones.
const PROXIES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// The HTTP client of every call: HTTP/1.1 and 2 with TLS by rustls, through the proxy that the environment names for a
/// host (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in small letters too), trusting what `AWS_CA_BUNDLE` names.
///
/// A read time-out of the SDK's settings counts here from the last byte of a request that went out, not from its first:
/// however long an upload takes, it ends only when nothing moves any more.
///
/// The cryptography is ring's alone. The SDK's default would bring a second library, which takes minutes to compile
/// and collects entropy when a function starts.
///
/// # Errors
///
/// `AWS_CA_BUNDLE` names a file that holds no certificates.
pub fn http_client() -> Result<SharedHttpClient, InvalidCaBundle> {
    let tls = trusted()?;
    let direct = client(ProxyConfig::disabled(), tls.clone());
    let client = if is_proxied() {
        SharedHttpClient::new(ByHost {
            proxied: client(ProxyConfig::from_env(), tls),
            direct,
        })
    } else {
        direct
    };
    Ok(SharedHttpClient::new(ReadTimeout(client)))
}

/// The same for calls that no client of the SDK makes: a connector by itself, with no time-out of its own.
///
/// # Errors
///
/// `AWS_CA_BUNDLE` names a file that holds no certificates.
pub fn http_connector() -> Result<SharedHttpConnector, InvalidCaBundle> {
    let tls = trusted()?;
    let by = |proxy: &ProxyConfig| SharedHttpConnector::new(connector(proxy, &tls, None, None));
    let direct = by(&ProxyConfig::disabled());
    if !is_proxied() {
        return Ok(direct);
    }
    let proxied = by(&ProxyConfig::from_env());
    Ok(SharedHttpConnector::new(ByHost { proxied, direct }))
}

/// Whether the environment names a proxy.
#[must_use]
pub fn is_proxied() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    PROXIES
        .iter()
        .any(|name| is_set(name) || is_set(&name.to_lowercase()))
}

fn client(proxy: ProxyConfig, tls: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        connector(&proxy, &tls, settings.cloned(), sleep)
    })
}

fn connector(
    proxy: &ProxyConfig,
    tls: &TlsContext,
    settings: Option<HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
) -> Connector {
    let mut connector = Connector::builder().proxy_config(proxy.clone());
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(sleep);
    connector
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.clone())
        .build()
}

/// Goes through the proxy to all hosts but those that are near: a local cloud, and where a machine of AWS finds its
/// credentials. Go's HTTP client does the same for this machine's own addresses.
#[derive(Debug)]
struct ByHost<T> {
    proxied: T,
    direct: T,
}

impl HttpClient for ByHost<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByHost {
            proxied: self.proxied.http_connector(settings, components),
            direct: self.direct.http_connector(settings, components),
        })
    }
}

impl HttpConnector for ByHost<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_near = request.uri().parse().is_ok_and(|uri| is_near(&uri));
        if is_near { &self.direct } else { &self.proxied }.call(request)
    }
}
