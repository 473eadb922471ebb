//! Arguments in, exit code out; everything else is in the library.

/// Spans in flight are many small allocations on many threads: what mimalloc is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    steelthread::cli::main()
}
