//! How a span was sampled before it came here: the W3C tracestate's `ot=th:` (spec 3.5).

/// The rejection threshold of 56 bits; 0 where the tracestate says nothing that can be read, which is weight 1.
pub fn threshold(trace_state: &[u8]) -> u64 {
    if trace_state.is_empty() {
        return 0;
    }
    let mut members = trace_state.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let ours = members.find_map(|member| member.strip_prefix(b"ot="));
    let field = ours.and_then(|value| value.split(|byte| *byte == b';').find_map(|field| field.strip_prefix(b"th:")));
    field.and_then(digits).unwrap_or(0)
}

/// 1 to 14 hexadecimal digits in small letters, padded with zeros on the right. Whoever writes a threshold writes small letters; what
/// is written otherwise was not written by the rules, and a weight must not be guessed.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 14 {
        return None;
    }
    let digit = |byte: &u8| match *byte {
        b'0'..=b'9' => Some(u64::from(*byte - b'0')),
        b'a'..=b'f' => Some(u64::from(*byte - b'a') + 10),
        _ => None,
    };
    let number = text.iter().try_fold(0, |sum, byte| Some(sum << 4 | digit(byte)?))?;
    Some(number << (4 * (14 - text.len())))
}
