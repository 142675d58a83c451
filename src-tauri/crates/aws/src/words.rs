//! Words that are fit for a screen.

/// One line of somebody else's words: no control characters, no closing full stop, no essay.
pub(crate) fn tidy(text: &str) -> String {
    const MOST: usize = 200;
    let line = printable(text.lines().next().unwrap_or_default().trim().trim_end_matches('.'));
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Control characters escaped, so that a key can't drive a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// A length of time, as a person would say it.
pub(crate) fn span(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) if hours < 48 => format!("{hours} h {minutes} min"),
        (hours, _) => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_words_are_one_safe_line() {
        assert_eq!(tidy("It broke.\nStack: 1\n2"), "It broke");
        assert_eq!(tidy("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(tidy(&"ü".repeat(500)).chars().count(), 201);
    }
}
