//! Jupyter messages and their ZeroMQ transport, for kernels and for clients.
