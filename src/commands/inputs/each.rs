//! Many objects, a batch at a time: each batch is read, worked on and dropped by one thread, so that memory follows
//! the text of the input and not the values in it.

use super::load::{Inputs, flawed, not_read, nothing_found, push_document};
use super::object::{Namespace, SourceObject, settle_namespace};
use super::settings::InputSettings;
use super::twins::{Named, Seen, mark, named};
use crate::commands::parallel;
use crate::core::yaml::{Document, Pieces, Reading, Salvaged};
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
    let mut run = Run {
        namespace,
        threads,
        work,
        collected: Vec::new(),
        seen: Seen::default(),
        answers: Vec::new(),
        found: 0,
    };
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

/// A piece that was worked on as if nothing in it had been there before.
struct Answer<T> {
    count: usize,
    named: Vec<Named>,
    answer: T,
}

struct Run<'a, T> {
    namespace: &'a Namespace,
    threads: usize,
    work: Work<'a, T>,
    collected: Vec<SourceObject>,
    seen: Seen,
    answers: Vec<T>,
    found: usize,
}

impl<T: Send> Run<'_, T> {
    fn source(&mut self, source: &Source) -> Result<()> {
        let label = source.label();
        let reading = match files::open(source) {
            Ok(Reading::Pieces(pieces)) => {
                self.work_on_collected();
                match self.pieces(&label, &pieces)? {
                    Some(()) => return Ok(()),
                    None => pieces.whole(),
                }
            }
            Ok(reading) => reading,
            Err(unreadable) => {
                self.collected.push(flawed(&label, unreadable));
                return Ok(());
            }
        };
        match reading {
            Reading::Whole(documents) => self.collected.extend(objects(&label, documents, self.namespace)?),
            Reading::Flawed(Salvaged { documents, flaws }) => {
                let mut found = objects(&label, documents, self.namespace)?;
                found.extend(flaws.into_iter().map(|(number, error)| not_read(&label, number, error)));
                found.sort_by_key(|object| object.document);
                self.collected.extend(found);
            }
            Reading::Pieces(_) => {}
        }
        if self.collected.len() >= COLLECTED {
            self.work_on_collected();
        }
        Ok(())
    }

    /// `None` when a piece is not what it looked like.
    fn pieces(&mut self, label: &str, pieces: &Pieces) -> Result<Option<()>> {
        let read =
            |index: usize| pieces.read(index).map(|documents| objects(label, documents, self.namespace));
        let worked_on = parallel::map(pieces.len(), self.threads, &|index| {
            let answer = read(index)?.map(|objects| Answer {
                count: objects.len(),
                named: named(&objects),
                answer: (self.work)(objects),
            });
            Some(answer)
        });
        if worked_on.iter().any(Option::is_none) {
            return Ok(None);
        }
        let first_answer = self.answers.len();
        let mut twins = Vec::new();
        for (index, answer) in worked_on.into_iter().flatten().enumerate() {
            let Answer { count, named, answer } = answer?;
            let found = self.seen.note(named);
            if !found.is_empty() {
                twins.push((index, found));
            }
            self.found += count;
            self.answers.push(answer);
        }
        // Only now is it known which objects were there before: pieces that hold one are worked on again.
        let again = parallel::map(twins.len(), self.threads, &|number| {
            let (index, twins) = twins.get(number)?;
            let mut objects = read(*index)?.ok()?;
            mark(&mut objects, twins);
            Some((*index, (self.work)(objects)))
        });
        for (index, answer) in again.into_iter().flatten() {
            if let Some(place) = self.answers.get_mut(first_answer + index) {
                *place = answer;
            }
        }
        Ok(Some(()))
    }

    fn work_on_collected(&mut self) {
        let mut objects = std::mem::take(&mut self.collected);
        self.found += objects.len();
        self.seen.mark(&mut objects);
        self.answers.extend(in_batches(objects, self.threads, self.work));
    }
}

fn objects(label: &str, documents: Vec<Document>, namespace: &Namespace) -> Result<Vec<SourceObject>> {
    let mut objects = Vec::with_capacity(documents.len());
    for document in documents {
        push_document(label, document, &mut objects);
    }
    for object in objects.iter_mut().filter(|object| object.is_placed()) {
        settle_namespace(object, namespace)?;
    }
    Ok(objects)
}
