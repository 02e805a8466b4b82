//! `pin`: the digests of images, on stdout, in manifests, and in the lock file.

mod live;
mod lock;
mod manifests;
mod verify;

use super::globals::GlobalArgs;
use super::images::{default_image, parse_platform, warn_of_tag};
use super::signals::Signals;
use crate::core::image::{ImageConfig, ImageRef, NodeSelector, Platform, age_in_days, age_text};
use crate::core::kind::model_deployment::image_class::SourceClass;
use crate::core::kind::model_deployment::release::Release;
use crate::core::text::without_password;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::files;
use crate::io::images::{Answer, LockFile, Pinner};
use crate::io::registry::Resolved;
use crate::io::runtime::block_on;
use crate::report::images::{Answered, PinItem, pin_report};
use crate::ui::Ui;
use futures::future::join_all;
use jiff::Timestamp;
use live::Live;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl airunway pin vllm/vllm-openai:nightly
  kubectl airunway pin -f models/ --write
  kubectl airunway pin -f models/ --lock airunway.lock --prune
  kubectl airunway pin --verify --max-age 90

Exit codes: 0 done, 1 failed, 2 usage error, 3 --verify: an image is gone, moved or too old, 4 inconclusive")]
pub struct PinArgs {
    /// Image, for example vllm/vllm-openai:nightly; repeatable
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,

    /// Manifest file or directory with images to pin, - for stdin; repeatable
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "images")]
    pub filename: Vec<PathBuf>,

    /// Read directories recursively
    #[arg(short = 'R', long, requires = "filename")]
    pub recursive: bool,

    /// Write the digests into the files, changing nothing else
    #[arg(long, requires = "filename")]
    pub write: bool,

    /// Lock file to create or update; with --verify or --locked, to read
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub lock: Option<PathBuf>,

    /// Use only the lock file's digests; contact no registry
    #[arg(long, conflicts_with_all = ["verify", "prune"])]
    pub locked: bool,

    /// Remove lock file entries for images not given
    #[arg(long, requires = "lock")]
    pub prune: bool,

    /// Check that each locked digest can be pulled and its tag still points to it
    #[arg(long, conflicts_with_all = ["images", "filename", "prune"])]
    pub verify: bool,

    /// Maximum build age, in days
    #[arg(long, value_name = "DAYS", requires = "verify", value_parser = clap::value_parser!(u16))]
    pub max_age: Option<u16>,

    /// Platform the image must include, os/arch[/variant]
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,

    /// Registry to contact over plain HTTP, HOST[:PORT]; loopback hosts always are; repeatable
    #[arg(long, value_name = "HOST")]
    pub plain_http: Vec<String>,

    /// Also use the namespace's pull secrets, and warn of nodes the image is not built for
    #[arg(long, conflicts_with = "verify")]
    pub live: bool,

    /// Print which registry answered, and with which credentials, on stderr
    #[arg(long)]
    pub why: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = ["json"])]
    pub output: Option<String>,
}

/// What is to be done.
#[derive(Debug)]
enum Task {
    Images(Vec<ImageRef>),
    Manifests { files: Vec<PathBuf>, recursive: bool, write: bool },
    Verify { max_age: Option<i64> },
}

/// Parsed flags of `pin`.
#[derive(Debug)]
pub struct PinSettings {
    task: Task,
    lock: Option<PathBuf>,
    locked: bool,
    prune: bool,
    platform: Option<Platform>,
    plain_http: Vec<String>,
    /// How to reach the cluster, if it is to be read.
    live: Option<GlobalArgs>,
    why: bool,
    json: bool,
    default_image: String,
}

impl PinSettings {
    /// # Errors
    /// A usage error, or an image that is not a reference.
    pub fn resolve(args: PinArgs, globals: GlobalArgs) -> Result<PinSettings> {
        let PinArgs {
            images,
            filename,
            recursive,
            write,
            lock,
            locked,
            prune,
            verify,
            max_age,
            platform,
            plain_http,
            live,
            why,
            output,
        } = args;
        files::refuse_urls(&filename, "-f", "pin")?;
        let live = live.then_some(globals);
        let json = output.is_some();
        // clap does not ask for a required flag that conflicts with one that is there.
        if filename.is_empty() && (write || recursive) {
            let flag = if write { "--write" } else { "--recursive" };
            return Err(Error::usage(format!("{flag} needs files")).hint("name manifests with -f FILE"));
        }
        if max_age.is_some() && !verify {
            return Err(Error::usage("--max-age needs --verify"));
        }
        let task = if verify {
            Task::Verify { max_age: max_age.map(i64::from) }
        } else if !filename.is_empty() {
            if write && filename.iter().any(|path| path.as_os_str() == "-") {
                return Err(Error::usage("--write needs files; stdin is not a file"));
            }
            Task::Manifests { files: filename, recursive, write }
        } else if images.is_empty() {
            return Err(Error::usage("no image and no file given").hint(
                "give an image such as vllm/vllm-openai:nightly, a manifest with -f FILE, or --verify",
            ));
        } else {
            let parse = |text: &String| {
                text.parse::<ImageRef>()
                    .map_err(|error| Error::usage(format!("image {:?}: {error}", without_password(text))))
            };
            Task::Images(images.iter().map(parse).collect::<Result<_>>()?)
        };
        let platform = parse_platform(platform)?;
        let default_image = default_image(Release::newest());
        Ok(PinSettings { task, lock, locked, prune, platform, plain_http, live, why, json, default_image })
    }

    /// The cluster, if it is to be read.
    async fn live(&self, world: &World, ui: &mut Ui) -> Result<Option<Live>> {
        match &self.live {
            Some(globals) => Live::read(globals, world, ui).await.map(Some),
            None => Ok(None),
        }
    }

    /// A pinner that asks the registry where the lock file is to be written, and the lock file first otherwise.
    fn pinner(&self, world: &World) -> Result<Pinner> {
        let writes_lock = self.lock.is_some() && !self.locked;
        let lock = if writes_lock { None } else { LockFile::for_reading(self.lock.as_deref())? };
        Ok(Pinner::new(world, self.plain_http.clone(), self.platform.clone(), lock, self.locked))
    }
}

/// Runs `pin`.
///
/// # Errors
/// Unreadable input, a registry that does not answer, a file that cannot be written.
pub fn run(settings: PinSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    block_on(async {
        match &settings.task {
            Task::Images(images) => pin_images(images, &settings, world, ui).await,
            Task::Manifests { files, recursive, write } => {
                manifests::pin(files, *recursive, *write, &settings, world, ui).await
            }
            Task::Verify { max_age } => verify::verify(*max_age, &settings, world, ui).await,
        }
    })
}

async fn pin_images(images: &[ImageRef], settings: &PinSettings, world: &World, ui: &mut Ui) -> Result<Exit> {
    let live = settings.live(world, ui).await?;
    let items = pin_and_describe(images, live.as_ref(), settings, world, ui).await?;
    for (item, live) in items.iter().filter_map(|item| Some((item, live.as_ref()?))) {
        live.warn(item, &NodeSelector::new(), ui);
    }
    if settings.json {
        ui.data(&pin_report(&items)?)?;
    } else {
        items.iter().try_for_each(|item| ui.line(&item.pinned))?;
    }
    Ok(Exit::Success)
}

/// Pins images, reports on each, and writes the lock file if one is named.
async fn pin_and_describe(
    images: &[ImageRef],
    live: Option<&Live>,
    settings: &PinSettings,
    world: &World,
    ui: &mut Ui,
) -> Result<Vec<PinItem>> {
    let mut pinner = settings.pinner(world)?;
    let secrets = async || match live {
        Some(live) => live.pull_secrets(ui).await,
        None => Vec::new(),
    };
    let answers = pinner.pin_all(images, secrets).await?;
    let describes = settings.json || (settings.lock.is_some() && !settings.locked);
    let described = join_all(images.iter().map(|image| async {
        match answers.get(&image.to_string()) {
            // Only the configuration says which platform the image of a single one is built for.
            Some(Answer::Resolved(resolved))
                if describes || (live.is_some() && resolved.platforms.is_empty()) =>
            {
                Some(describe(image, &pinner, settings, resolved).await)
            }
            _ => None,
        }
    }));
    let mut items = Vec::new();
    for (image, described) in images.iter().zip(described.await) {
        let Some(answer) = answers.get(&image.to_string()) else { continue };
        let config = match described {
            Some(Ok(config)) => config,
            Some(Err(problem)) => {
                ui.warning(&problem);
                ImageConfig::default()
            }
            None => ImageConfig::default(),
        };
        if settings.why {
            say_why(image, answer, ui);
        }
        let mut item = item(image, answer, config, settings, world.clock.now());
        if item.from_lock {
            item.built_for = pinner.locked_platforms(image);
        }
        warn_of_tag(image, item.age_days, ui);
        items.push(item);
    }
    if let Some(path) = settings.lock.as_deref().filter(|_| !settings.locked) {
        let mut signals = Signals::listen();
        lock::write(path, images, &items, settings, world, ui)?;
        if signals.came().await {
            let text = format!("interrupted; {} is written", path.display());
            return Err(Error::new(Exit::Interrupted, text));
        }
    }
    Ok(items)
}

/// Build time and revision: from the manifest's annotations, else from the image's configuration.
async fn describe(
    image: &ImageRef,
    pinner: &Pinner,
    settings: &PinSettings,
    resolved: &Resolved,
) -> std::result::Result<ImageConfig, String> {
    let platform_known = settings.live.is_none() || !resolved.platforms.is_empty();
    if let (Some(created), Some(revision), true) = (&resolved.created, &resolved.revision, platform_known) {
        let (created, revision) = (Some(created.clone()), Some(revision.clone()));
        return Ok(ImageConfig { created, revision, ..ImageConfig::default() });
    }
    let listed = resolved.platforms.iter().map(|listed| &listed.platform);
    let usual = Platform::linux_amd64();
    let platform = settings
        .platform
        .clone()
        .or_else(|| listed.clone().find(|listed| usual.accepts(listed)).or(listed.clone().next()).cloned());
    let config = pinner.registry().config(image, &platform.unwrap_or(usual)).await;
    config.map_err(|error| format!("image {image}: build time and revision are unknown: {error}"))
}

fn item(
    image: &ImageRef,
    answer: &Answer,
    config: ImageConfig,
    settings: &PinSettings,
    now: Timestamp,
) -> PinItem {
    let pinned = image.pin(answer.digest()).to_string();
    let class = SourceClass::of(&image.to_string(), &settings.default_image);
    let resolved = match answer {
        Answer::Resolved(resolved) => Some(resolved),
        Answer::Typed(_) | Answer::Locked(..) => None,
    };
    let annotated =
        |member: fn(&Resolved) -> &Option<String>| resolved.and_then(|resolved| member(resolved).clone());
    let created = annotated(|resolved| &resolved.created).or(config.created);
    let revision = annotated(|resolved| &resolved.revision).or(config.revision);
    let mut built_for: Vec<Platform> = resolved
        .into_iter()
        .flat_map(|resolved| &resolved.platforms)
        .map(|listed| listed.platform.clone())
        .collect();
    if built_for.is_empty() {
        built_for.extend(config.platform);
    }
    let age_days = created.as_deref().and_then(|created| age_in_days(created, now));
    let age = created.as_deref().and_then(|created| age_text(created, now));
    PinItem {
        image: image.to_string(),
        pinned,
        tag: image.effective_tag().map(str::to_owned),
        digest: answer.digest().clone(),
        class,
        created,
        revision,
        age_days,
        age,
        built_for,
        from_lock: matches!(answer, Answer::Locked(..)),
        answered: resolved.map(|resolved| answered(resolved)),
    }
}

fn answered(resolved: &Resolved) -> Answered {
    let listed = resolved.platforms.iter();
    Answered {
        media_type: resolved.media_type,
        size: resolved.size,
        platforms: listed.map(|listed| (listed.platform.clone(), listed.digest.clone())).collect(),
        platform_digest: resolved.platform_digest.clone(),
        host: resolved.host.clone(),
        credentials: resolved.credentials.to_string(),
    }
}

fn say_why(image: &ImageRef, answer: &Answer, ui: &mut Ui) {
    match answer {
        Answer::Typed(_) => ui.status(&format!("{image}: already has a digest")),
        Answer::Locked(..) => ui.status(&format!("{image}: from the lock file")),
        Answer::Resolved(resolved) => {
            for passed_over in &resolved.passed_over {
                ui.status(&format!("{image}: {passed_over}"));
            }
            ui.status(&format!("{image}: answered by {}, {}", resolved.host, resolved.credentials));
        }
    }
}
