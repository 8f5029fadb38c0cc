//! The columns of `list`.

use clap::ValueEnum;

/// What can be shown of a lamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// Its kind and name.
    Subject,
    /// What the lamp shows.
    Lamp,
    /// For how long it has shown that.
    For,
    /// How many say something about it.
    Facts,
    /// Who says something about it.
    By,
    /// The sites of those who say it.
    Site,
}

/// The columns that are shown if no others are wanted.
pub const USUAL: [Column; 4] = [Column::Subject, Column::Lamp, Column::For, Column::By];
