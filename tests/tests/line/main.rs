//! Stock Asterisk at the other end of a long line, and the line itself. One file per purpose.

mod afterwards;
mod collisions;
mod counts;
mod cuts;
mod equipment;
mod lost;
mod relay;
mod told;
mod trust;
mod witness;
