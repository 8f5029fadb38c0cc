//! What the end-to-end tests share: real peers, scripted peers and the server under test.
