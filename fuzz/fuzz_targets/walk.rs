//! Coverage-guided: never panics, and equals prost wherever prost reads the message.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    steelthread_fuzz::check(bytes);
});
