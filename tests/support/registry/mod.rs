//! A registry in this process: the real protocol on a loopback port, and every way a registry can misbehave.
//!
//! ```ignore
//! let registry = Registry::start();
//! let digest = registry.add_image("vllm/vllm-openai", "nightly");
//! let image = format!("{}/vllm/vllm-openai:nightly", registry.host());
//! registry.fault(Fault::RateLimited { times: 2, retry_after: Some(0) });
//! assert_eq!(registry.requests().len(), 3);
//! ```
//!
//! It runs on a thread of its own, so that a test may be sync or async, and ends when it is dropped.

mod content;
mod faults;
pub mod layers;
mod misbehave;
pub mod real;
pub(crate) mod server;

pub use content::{INDEX_TYPE, Image, MANIFEST_TYPE, digest, image, index};
pub use faults::Fault;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use content::Stored;

/// Who may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Everybody, without asking.
    #[default]
    Open,
    /// User name and password at the registry itself.
    Basic { user: String, password: String },
    /// A token from `/token` of the same server, which gives it to everybody.
    Token,
    /// A token, for this user only. The password also passes as an identity token.
    TokenFor { user: String, password: String },
}

/// One request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub accept: String,
    pub body: String,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) auth: Auth,
    pub(crate) realm: Option<String>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) requests: Vec<Recorded>,
    /// By repository, then by tag or digest.
    pub(crate) repositories: BTreeMap<String, BTreeMap<String, Stored>>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) tokens: Vec<String>,
    pub(crate) page: usize,
}

/// A running registry.
pub struct Registry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    control: tokio::sync::watch::Sender<server::Wanted>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Registry {
    /// Starts an empty registry that everybody may read, over plain http.
    pub fn start() -> Registry {
        Registry::launch(None)
    }

    /// Starts one that speaks TLS with a certificate and key in DER.
    pub fn start_tls(certificate: Vec<u8>, key: Vec<u8>) -> Registry {
        Registry::launch(Some((certificate, key)))
    }

    fn launch(tls: Option<(Vec<u8>, Vec<u8>)>) -> Registry {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State { page: 1_000, ..State::default() }));
        let (control, wanted) = tokio::sync::watch::channel(server::Wanted::Up);
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || server::run(listener, shared, wanted, tls));
        Registry { address, state, control, thread: Some(thread) }
    }

    /// Host and port, as an image reference names it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Adds an image for linux/amd64; returns its digest.
    pub fn add_image(&self, repository: &str, tag: &str) -> String {
        self.add_image_for(repository, tag, "amd64", "2026-11-01T00:00:00Z")
    }

    /// Adds an image for one architecture, built at a time; returns its digest.
    pub fn add_image_for(&self, repository: &str, tag: &str, architecture: &str, created: &str) -> String {
        let image = content::image(&format!("{repository}:{tag}"), architecture, created);
        self.state().blobs.extend(image.blobs);
        self.add_manifest(repository, tag, MANIFEST_TYPE, image.manifest)
    }

    /// Adds an index of images for linux on several architectures; returns its digest.
    pub fn add_index(&self, repository: &str, tag: &str, architectures: &[&str]) -> String {
        let images: Vec<(String, usize, String)> = architectures
            .iter()
            .map(|architecture| {
                let image =
                    content::image(&format!("{repository}:{tag}"), architecture, "2026-11-01T00:00:00Z");
                self.state().blobs.extend(image.blobs);
                let size = image.manifest.len();
                let digest = content::digest(&image.manifest);
                self.add_manifest(repository, &digest, MANIFEST_TYPE, image.manifest);
                (digest, size, (*architecture).to_owned())
            })
            .collect();
        self.add_manifest(repository, tag, INDEX_TYPE, content::index(&images))
    }

    /// Adds any bytes under a tag; returns their digest.
    pub fn add_manifest(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> String {
        let bytes = bytes.into();
        let digest = content::digest(&bytes);
        let stored = Stored { media_type: media_type.to_owned(), bytes };
        let mut state = self.state();
        let tags = state.repositories.entry(repository.to_owned()).or_default();
        tags.insert(digest.clone(), stored.clone());
        tags.insert(tag.to_owned(), stored);
        digest
    }

    /// Adds an image that a test has made; returns its digest.
    pub fn add(&self, repository: &str, tag: &str, image: Image) -> String {
        self.state().blobs.extend(image.blobs);
        self.add_manifest(repository, tag, MANIFEST_TYPE, image.manifest)
    }

    /// Sends other bytes for a digest from now on.
    pub fn replace_blob(&self, digest: &str, bytes: Vec<u8>) {
        self.state().blobs.insert(digest.to_owned(), bytes);
    }

    /// Digests of the blobs that were asked for, in order.
    pub fn downloads(&self) -> Vec<String> {
        let paths = self.requests().into_iter().map(|request| request.path);
        paths.filter_map(|path| Some(path.rsplit_once("/blobs/")?.1.to_owned())).collect()
    }

    /// Forgets a tag or digest.
    pub fn remove(&self, repository: &str, reference: &str) {
        if let Some(tags) = self.state().repositories.get_mut(repository) {
            tags.remove(reference);
        }
    }

    /// Asks for a login from now on. Tokens that were given out become invalid.
    pub fn require(&self, auth: Auth) {
        let mut state = self.state();
        state.auth = auth;
        state.tokens.clear();
    }

    /// Names another token server than its own.
    pub fn realm(&self, realm: impl Into<String>) {
        self.state().realm = Some(realm.into());
    }

    /// Makes every token that was given out invalid.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Most tags in one page of the tag list.
    pub fn page_size(&self, tags: usize) {
        self.state().page = tags;
    }

    /// Misbehaves from now on.
    pub fn fault(&self, fault: Fault) {
        if fault == Fault::Down {
            self.set(server::Wanted::Down);
        } else {
            self.state().faults.push(fault);
        }
    }

    /// Behaves from now on.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
        self.set(server::Wanted::Up);
    }

    fn set(&self, wanted: server::Wanted) {
        self.control.send_replace(wanted);
        // A connection attempt tells when the listener is really gone, or there.
        while std::net::TcpStream::connect(self.address).is_ok() != (wanted == server::Wanted::Up) {
            std::thread::yield_now();
        }
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.state().requests.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.control.send_replace(server::Wanted::Gone);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
