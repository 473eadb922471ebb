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
    tests/partners/alertmanager.sh install
    tests/partners/promtool.sh install
    cargo test --locked --release --test partners {{ARGS}}

# the wire walk against prost, as many cases as asked for
walk CASES="1000000":
    STEELTHREAD_CASES={{CASES}} cargo test --locked --release --lib wire::otlp

# random bytes against the wire walk; needs cargo-fuzz
fuzz SECONDS="600":
    RUSTC_BOOTSTRAP=1 cargo fuzz run walk -- -max_total_time={{SECONDS}}

bench *ARGS:
    cargo bench --locked {{ARGS}}

# what a span costs behind the wire, beside prost's decoding
cost ROUNDS="50":
    cargo run --locked --release --example judge_cost {{ROUNDS}}

# instructions of the judge by function; needs valgrind
instructions ROUNDS="8":
    cargo build --locked --release --example judge_cost
    valgrind --tool=callgrind --callgrind-out-file=target/judge.callgrind target/release/examples/judge_cost {{ROUNDS}} judge
    callgrind_annotate --inclusive=yes target/judge.callgrind | grep -E 'judge::|measure::' | head -30

# traces that nobody sends, 100,000 spans each: fails where judging one takes a second
hostile:
    cargo run --locked --release --example hostile_traces

# a server killed so many times under load, stopped for a minute, on disks that are full, torn and flipped: every count must be exact
crashes TIMES="200" STOPPED="60":
    STEELTHREAD_CRASHES={{TIMES}} STEELTHREAD_STOP_SECONDS={{STOPPED}} cargo test --locked --release --test it crashing:: -- --nocapture --test-threads=2

# all that CI does
ci:
    bash .ci/run
