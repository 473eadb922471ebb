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

/// 1 to 14 hexadecimal digits, padded with zeros on the right.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 14 {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(u64::from);
    let number = text.iter().try_fold(0, |sum, byte| Some(sum << 4 | digit(byte)?))?;
    Some(number << (4 * (14 - text.len())))
}
