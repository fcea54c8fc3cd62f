//! Which field of a JSON object is meant.

/// The way to a field: the names of the objects around it, from the outermost in, and its own.
#[derive(Debug, PartialEq)]
pub(super) struct Path {
    /// As it was given.
    name: String,
    segments: Vec<String>,
}

impl Path {
    /// The field `name`. One that begins with a point is a path as jq writes it: `.user.age` is the field `age` of the object in
    /// the field `user`; a segment in quotes (`."a.b".c`) may hold points. If it is no such path, it is the name itself.
    pub(super) fn of(name: &str) -> Self {
        let name = name.trim();
        Self {
            segments: segments(name).unwrap_or_else(|| vec![name.to_owned()]),
            name: name.to_owned(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many names there are; at least one.
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether the name of that index is this one.
    pub(super) fn has(&self, index: usize, name: &[u8]) -> bool {
        self.segments
            .get(index)
            .is_some_and(|segment| segment.as_bytes() == name)
    }

    /// Bytes that tell every name from others: one more than the longest has.
    pub(super) fn longest(&self) -> usize {
        self.segments.iter().map(String::len).max().unwrap_or(0) + 1
    }
}

/// The names of a path, if it is one.
fn segments(path: &str) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.')?;
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"')? + 2,
            None => rest.find('.').unwrap_or(rest.len()),
        };
        let (segment, others) = rest.split_at(end);
        if segment.is_empty() {
            return None;
        }
        segments.push(segment.trim_matches('"').to_owned());
        rest = others;
    }
    (!segments.is_empty()).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_a_point_and_anything_else_is_a_name() {
        for (name, expected) in [
            ("amount", &["amount"][..]),
            ("a.b", &["a.b"]),
            (".amount", &["amount"]),
            (".user.age", &["user", "age"]),
            (".\"a.b\".c", &["a.b", "c"]),
            (" .a ", &["a"]),
            (".", &["."]),
            ("..a", &["..a"]),
            (".a.", &[".a."]),
            (".\"a", &[".\"a"]),
        ] {
            assert_eq!(Path::of(name).segments, expected, "{name}");
        }
    }
}
