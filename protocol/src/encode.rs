//! Writing messages: JSON in characters that SQS accepts.

use serde::Serialize;

/// Writes a message.
///
/// SQS accepts the characters of XML 1.0 (section 2.2) and refuses the whole batch for any other. JSON escapes control
/// characters already, but leaves U+FFFE and U+FFFF as they are: one of them in an error message that quotes a file
/// would make SQS refuse every reply of the batch.
pub(crate) fn message(message: &impl Serialize) -> String {
    let text = serde_json::to_string(message).expect("a message always has a JSON form");
    // Outside of strings JSON has neither of them.
    if text.contains(['\u{FFFE}', '\u{FFFF}']) {
        return text.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_sqs_refuses_are_escaped_and_read_back() {
        let text = "\u{0}\u{1f}\u{7f}\u{FFFD}\u{FFFE}\u{FFFF}\u{10FFFF}é";
        let written = message(&text);
        // Amazon SQS API reference, SendMessage: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF
        let is_taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
        assert!(written.chars().all(is_taken), "{written:?}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
