//! Compiles `proto/` without protoc, so that a fresh machine needs nothing but Rust and a C compiler.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo by printing")]

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(["steelthread/v1/query.proto"])?;
    // Kept for reflection: it lets clients such as grpcurl ask without a copy of the proto file.
    let described = PathBuf::from(std::env::var("OUT_DIR")?).join("steelthread.bin");
    std::fs::write(described, compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().btree_map(".").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
