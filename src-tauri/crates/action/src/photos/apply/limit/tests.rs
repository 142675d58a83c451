//! The limit against a simulated server.
