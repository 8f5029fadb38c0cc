//! Stock Asterisk at the other end of a long line, and the line itself. One file per purpose.

mod counts;
mod cuts;
mod equipment;
mod told;
