//! Who holds what: leases, epochs, snapshots, repair (sans-I/O).
