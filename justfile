# Recipes for daily work. Nothing here is needed: README's two commands are plain cargo.

# the main job, for a look
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# what README calls the tests
test:
    cargo test --locked

# warnings are errors
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo clippy --locked --test partners -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib

# a real OpenTelemetry Collector around the product; needs Go, and minutes when it is built for the first time
partners *ARGS:
    tests/partners/collector.sh install
    cargo test --locked --release --test partners {{ARGS}}

# the wire walk against prost, as many cases as asked for
walk CASES="1000000":
    STEELTHREAD_CASES={{CASES}} cargo test --locked --release --lib wire::otlp

# random bytes against the wire walk; needs cargo-fuzz
fuzz SECONDS="600":
    RUSTC_BOOTSTRAP=1 cargo fuzz run walk -- -max_total_time={{SECONDS}}

bench *ARGS:
    cargo bench --locked {{ARGS}}

# all that CI does
ci:
    bash .ci/run
