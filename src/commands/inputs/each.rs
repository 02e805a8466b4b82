//! Many objects, a batch at a time: each batch is read, worked on and dropped by one thread, so that memory follows
//! the text of the input and not the values in it.

use super::load::{Inputs, Namespace, SourceObject, nothing_found, push_document, settle_namespace};
use super::settings::InputSettings;
use crate::commands::parallel;
use crate::core::yaml::{Document, Pieces, Reading};
use crate::error::Result;
use crate::io::files::{self, Source};
use crate::ui::Ui;

/// Objects of one batch, where they are not read in pieces.
const BATCH: usize = 64;
/// Objects of small files that are collected before they are worked on.
const COLLECTED: usize = 1_024;

/// What is done with a batch of objects.
pub type Work<'a, T> = &'a (dyn Fn(Vec<SourceObject>) -> T + Sync);

/// Reads the objects of one command line and hands them to `work` in batches, on some threads; the answers are in input order.
///
/// # Errors
/// As [`Inputs::load`]; then nothing that was worked out counts.
pub fn each<T: Send>(
    settings: InputSettings,
    namespace: &Namespace,
    threads: usize,
    ui: &mut Ui,
    work: Work<'_, T>,
) -> Result<Vec<T>> {
    if settings.files.is_empty() || !settings.members.is_empty() {
        return Ok(in_batches(Inputs::load(settings, namespace, ui)?.objects, threads, work));
    }
    let mut run = Run { namespace, threads, work, collected: Vec::new(), answers: Vec::new(), found: 0 };
    for source in files::expand(&settings.files, settings.recursive)? {
        run.source(&source)?;
    }
    run.work_on_collected();
    if run.found == 0 { Err(nothing_found()) } else { Ok(run.answers) }
}

/// The same for objects that are there already.
pub fn in_batches<T: Send>(objects: Vec<SourceObject>, threads: usize, work: Work<'_, T>) -> Vec<T> {
    let mut batches = Vec::new();
    let mut rest = objects.into_iter();
    loop {
        let batch: Vec<SourceObject> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        batches.push(std::sync::Mutex::new(batch));
    }
    parallel::map(batches.len(), threads, &|index| {
        let batch = batches
            .get(index)
            .and_then(|batch| batch.lock().ok().map(|mut batch| std::mem::take(&mut *batch)));
        work(batch.unwrap_or_default())
    })
}

struct Run<'a, T> {
    namespace: &'a Namespace,
    threads: usize,
    work: Work<'a, T>,
    collected: Vec<SourceObject>,
    answers: Vec<T>,
    found: usize,
}

impl<T: Send> Run<'_, T> {
    fn source(&mut self, source: &Source) -> Result<()> {
        let documents = match files::open(source)? {
            Reading::Whole(documents) => documents,
            Reading::Pieces(pieces) => {
                self.work_on_collected();
                match self.pieces(&source.label(), &pieces)? {
                    Some(()) => return Ok(()),
                    None => files::whole(source, pieces)?,
                }
            }
        };
        self.collected.extend(objects(&source.label(), documents, self.namespace)?);
        if self.collected.len() >= COLLECTED {
            self.work_on_collected();
        }
        Ok(())
    }

    /// `None` when a piece is not what it looked like.
    fn pieces(&mut self, label: &str, pieces: &Pieces) -> Result<Option<()>> {
        let read = parallel::map(pieces.len(), self.threads, &|index| {
            let objects = pieces.read(index).map(|documents| objects(label, documents, self.namespace))?;
            Some(objects.map(|objects| (objects.len(), (self.work)(objects))))
        });
        if read.iter().any(Option::is_none) {
            return Ok(None);
        }
        for answer in read.into_iter().flatten() {
            let (count, answer) = answer?;
            self.found += count;
            self.answers.push(answer);
        }
        Ok(Some(()))
    }

    fn work_on_collected(&mut self) {
        self.found += self.collected.len();
        self.answers.extend(in_batches(std::mem::take(&mut self.collected), self.threads, self.work));
    }
}

fn objects(label: &str, documents: Vec<Document>, namespace: &Namespace) -> Result<Vec<SourceObject>> {
    let mut objects = Vec::with_capacity(documents.len());
    for document in documents {
        push_document(label, document, &mut objects)?;
    }
    for object in objects.iter_mut().filter(|object| object.is_model_deployment()) {
        settle_namespace(object, namespace)?;
    }
    Ok(objects)
}
