//! Where facts live and how they travel: the embedded store today.
