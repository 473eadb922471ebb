//! The same check without a fuzzer, for a machine that has only stable Rust: `drive [CASES] [SEED]`.

use steelthread_fuzz::compare::Agreed;
use steelthread_fuzz::{check, tape};

/// Numbers that look random and are the same for the same seed (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let count = self.next() % most;
        (0..count).map(|_| (self.next() >> 24) as u8).collect()
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |default| match arguments.next() {
        None => default,
        Some(Ok(number)) => number,
        Some(Err(error)) => {
            eprintln!("drive [CASES] [SEED]: {error}");
            std::process::exit(2);
        }
    };
    let (cases, seed) = (number(1_000_000), number(1));
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut taken, mut refused, mut not_text) = (0_u64, 0_u64, 0_u64);
    for _ in 0..cases {
        let mut bytes = random.bytes(400);
        if random.next().is_multiple_of(2) {
            bytes = tape::message(&bytes);
            let edits: Vec<_> =
                (0..random.next() % 4).map(|_| (random.next() as u8, random.next() as u16, random.next() as u8)).collect();
            tape::edit(&mut bytes, &edits);
        }
        for agreed in check(&bytes) {
            match agreed {
                Agreed::Taken { .. } => taken += 1,
                Agreed::Refused => refused += 1,
                Agreed::NotText => not_text += 1,
            }
        }
    }
    println!(
        "{cases} cases of seed {seed}: the walk and prost agree ({taken} messages taken, {refused} refused, {not_text} with text that is not UTF-8)"
    );
}
