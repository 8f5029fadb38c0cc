//! `lampfield`: configuration, wiring and the command line.

mod certificate;
mod config;
mod nearest;

fn main() {
    print!("{}", config::reference::Page::of::<config::Config>());
}
