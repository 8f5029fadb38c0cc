//! The acceptance checks of the command line that no other module has, each by its number in
//! `docs/contributing/acceptance.md`.

mod exits;
mod plain;
mod rows;
mod small_terminal;
mod warnings;
mod watching;
