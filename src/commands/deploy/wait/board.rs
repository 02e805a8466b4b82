//! What is shown while several objects are waited for: one row for each.

use crate::ui::Progress;
use std::cell::RefCell;

/// The rows, in the order of the objects.
pub(super) struct Board(RefCell<State>);

struct State {
    progress: Progress,
    rows: Vec<String>,
}

impl Board {
    /// A board with a row for each of `count` objects, all empty.
    pub(super) fn new(progress: Progress, count: usize) -> Board {
        Board(RefCell::new(State { progress, rows: vec![String::new(); count] }))
    }

    /// The row of the object with that number.
    pub(super) fn row(&self, index: usize, name: &str) -> Row<'_> {
        Row { board: self, index, name: name.to_owned() }
    }

    /// Takes the rows away.
    pub(super) fn finish(&self) {
        self.0.borrow_mut().progress.finish();
    }
}

/// The row of one object.
pub(super) struct Row<'a> {
    board: &'a Board,
    index: usize,
    name: String,
}

impl Row<'_> {
    /// Shows how far the object is.
    pub(super) fn set(&self, text: &str) {
        let mut state = self.board.0.borrow_mut();
        let State { progress, rows } = &mut *state;
        if let Some(row) = rows.get_mut(self.index) {
            *row = format!("{}: {text}", self.name);
            progress.rows(rows, self.index);
        }
    }
}
