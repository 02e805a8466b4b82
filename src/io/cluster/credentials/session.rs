//! The client of a connection and the credentials that its requests carry, renewed when they end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::super::error::ClusterError;
use super::super::kubeconfig::error::ConfigError;
use super::super::kubeconfig::read_bounded;
use super::super::kubeconfig::setup::{Credential, bearer};
use super::plugin::{Plugin, PluginCredentials};
use crate::io::environment::Environment;

/// How long the content of a token file is believed; others renew it, the kubelet for example.
const TOKEN_FILE_AGE: Duration = Duration::from_secs(60);
/// How long before their end the credentials of a plugin are renewed.
const EXPIRY_MARGIN: SignedDuration = SignedDuration::from_secs(20);

/// Client and credentials.
pub(crate) struct Session {
    config: kube::Config,
    identity: String,
    credential: Credential,
    state: Mutex<State>,
    /// Whether the plugin runs now.
    asking: AtomicBool,
}

/// Lowers the flag, also when whoever waited has given up.
struct Asking<'a>(&'a AtomicBool);

impl<'a> Asking<'a> {
    fn start(flag: &'a AtomicBool) -> Asking<'a> {
        flag.store(true, Ordering::Relaxed);
        Asking(flag)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What changes over time.
#[derive(Default)]
struct State {
    client: Option<kube::Client>,
    header: Option<HeaderValue>,
    /// Since when the header is known; `None` when there is none yet.
    since: Option<Instant>,
    /// When a plugin's credentials end.
    expires: Option<Timestamp>,
    /// The client certificate that `client` was built with, to keep its connections while it stays the same.
    certificate: Option<String>,
}

impl Session {
    /// Builds the client, so that a bad setup shows at once; a plugin is asked at the first request.
    pub(crate) fn new(
        config: kube::Config,
        credential: Credential,
        identity: String,
    ) -> Result<Session, ClusterError> {
        crate::io::http::use_ring();
        let mut state = State::default();
        if let Credential::Header(header) = &credential {
            state.header = Some(header.clone());
        }
        if !matches!(credential, Credential::Plugin(_)) {
            state.client = Some(build(config.clone())?);
        }
        Ok(Session { config, identity, credential, state: Mutex::new(state), asking: AtomicBool::new(false) })
    }

    /// What a time limit ran out for, where it was the credential plugin.
    pub(crate) fn late_plugin(&self, limit: Duration) -> Option<ClusterError> {
        match &self.credential {
            Credential::Plugin(plugin) if self.asking.load(Ordering::Relaxed) => {
                Some(plugin.not_in_time(limit).into())
            }
            _ => None,
        }
    }

    /// Who asks, for messages.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// The client, and the header to send.
    pub(crate) async fn client(&self) -> Result<(kube::Client, Option<HeaderValue>), ClusterError> {
        let mut state = self.state.lock().await;
        match &self.credential {
            Credential::None | Credential::Header(_) => {}
            Credential::TokenFile(path) => {
                if state.since.is_none_or(|since| since.elapsed() >= TOKEN_FILE_AGE) {
                    read_token(path, &mut state)?;
                }
            }
            Credential::Plugin(plugin) => {
                let ends = state.expires.is_some_and(|expires| expires - EXPIRY_MARGIN <= Timestamp::now());
                if state.client.is_none() || ends {
                    self.ask(plugin, &mut state).await?;
                }
            }
        }
        let client = match &state.client {
            Some(client) => client.clone(),
            None => {
                let client = build(self.config.clone())?;
                state.client = Some(client.clone());
                client
            }
        };
        Ok((client, state.header.clone()))
    }

    /// After a 401: gets new credentials where that is possible; whether a second try makes sense.
    pub(crate) async fn renew(&self) -> Result<bool, ClusterError> {
        let mut state = self.state.lock().await;
        let before = state.header.clone();
        match &self.credential {
            Credential::None | Credential::Header(_) => Ok(false),
            Credential::TokenFile(path) => {
                read_token(path, &mut state)?;
                Ok(state.header != before)
            }
            Credential::Plugin(plugin) => {
                self.ask(plugin, &mut state).await?;
                Ok(true)
            }
        }
    }

    async fn ask(&self, plugin: &Plugin, state: &mut State) -> Result<(), ClusterError> {
        let asking = Asking::start(&self.asking);
        let PluginCredentials { token, identity, expires } = plugin.run().await?;
        drop(asking);
        state.header =
            token.map(|token| bearer(token.expose_secret(), "the credential plugin's token")).transpose()?;
        state.expires = expires;
        let certificate = identity.as_ref().map(|(certificate, _)| certificate.clone());
        if state.client.is_none() || state.certificate != certificate {
            let mut config = self.config.clone();
            if let Some((certificate, key)) = identity {
                let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
                config.auth_info.client_certificate_data = Some(encode(&certificate));
                config.auth_info.client_key_data = Some(SecretString::from(encode(key.expose_secret())));
            }
            state.client = Some(build(config)?);
            state.certificate = certificate;
        }
        Ok(())
    }
}

fn build(config: kube::Config) -> Result<kube::Client, ClusterError> {
    if config.root_cert.is_none() && !config.accept_invalid_certs {
        let roots = crate::io::http::check_roots(&Environment::of_process());
        roots.map_err(|reason| ConfigError::Setup { reason })?;
    }
    kube::Client::try_from(config).map_err(|error| ConfigError::Setup { reason: error.to_string() }.into())
}

fn read_token(path: &Path, state: &mut State) -> Result<(), ClusterError> {
    let refuse = |reason: String| ConfigError::TokenFile { path: path.to_owned(), reason };
    let read = read_bounded(path)
        .map_err(|error| refuse(error.to_string()))
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8".to_owned())))
        .map(SecretString::from);
    match read {
        Ok(token) => state.header = Some(bearer(token.expose_secret(), "the token file")?),
        // A token file may be gone after the start; the last token is used until the server refuses it.
        Err(_) if state.header.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    state.since = Some(Instant::now());
    Ok(())
}
