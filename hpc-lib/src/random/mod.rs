//! Random numbers that do not depend on the number of threads.

mod bulk;
mod continuous;
mod discrete;
mod philox;
mod substream;
mod ziggurat;

#[cfg(test)]
mod tests;
