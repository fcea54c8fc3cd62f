//! XMP: what points to pictures, or to a video, that go with the colors.
//!
//! A JPEG may be followed by further ones, such as the gain map of an Ultra HDR image or a depth map, or by a video, and its
//! XMP then says that they are there, how long they are and how to apply them. A reader that believes it looks for them in
//! vain, or takes other bytes for them. So these properties go, in either form of RDF/XML, attribute or element; all else
//! stays byte for byte, and a packet in which nothing else is said goes as a whole.
//!
//! An XMP packet is XML in UTF-8 with namespaces, and without a document type (ISO 16684-1, clause 7). It is gone through
//! tag by tag here, once, and never put together anew. What cannot be read that way stays as it is.

use std::borrow::Cow;

/// What the segment of a packet begins with (Adobe, XMP Specification Part 3, 1.1.3).
pub(crate) const SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Namespaces that say nothing but what other pictures there are and how they are applied: Ultra HDR's gain map and the
/// directory of what follows the image (Android, "Ultra HDR Image Format", v1.1; "Dynamic Depth", v1.0), and Apple's gain map.
const OF_PICTURES: [&str; 5] = [
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/container/item/",
    "http://ns.google.com/photos/dd/1.0/container/",
    "http://ns.apple.com/HDRGainMap/1.0/",
];
/// A namespace of many things, two kinds of which are about a video behind the image (Android, "Motion Photo format 1.0").
const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";
const OF_VIDEO: [&str; 2] = ["MotionPhoto", "MicroVideo"];
/// Namespaces of the frame that properties stand in.
const FRAME: [&str; 2] = ["http://www.w3.org/1999/02/22-rdf-syntax-ns#", "adobe:ns:meta/"];

/// A segment's payload without what points to pictures that go; nothing if it says nothing else.
pub(crate) fn without_removed_pictures(payload: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(packet) = payload.strip_prefix(SIGNATURE) else {
        return Some(Cow::Borrowed(payload));
    };
    let Ok(packet) = str::from_utf8(packet) else {
        return Some(Cow::Borrowed(payload));
    };
    if !OF_PICTURES
        .iter()
        .chain(&[CAMERA])
        .any(|name| packet.contains(name))
    {
        return Some(Cow::Borrowed(payload));
    }
    let mut edit = Edit::default();
    match edit.packet(packet) {
        Some(()) if !edit.removed => Some(Cow::Borrowed(payload)),
        Some(()) if !edit.says_more => None,
        Some(()) => Some(Cow::Owned([SIGNATURE, edit.kept.as_bytes()].concat())),
        None => Some(Cow::Borrowed(payload)),
    }
}

/// A packet that is gone through.
#[derive(Default)]
struct Edit<'a> {
    kept: String,
    /// Prefixes and what they stand for, the innermost last.
    namespaces: Vec<(&'a str, &'a str)>,
    /// For each open element, how many prefixes were known outside of it.
    open: Vec<usize>,
    /// Open elements at the one that is being removed, if there is one.
    removing: Option<usize>,
    removed: bool,
    /// Whether a property is left.
    says_more: bool,
}

impl<'a> Edit<'a> {
    /// Goes through a packet. Nothing if it is no XML as expected.
    fn packet(&mut self, packet: &'a str) -> Option<()> {
        let mut rest = packet;
        while let Some(at) = rest.find('<') {
            self.text(&rest[..at]);
            rest = &rest[at..];
            let length = if rest.starts_with("<?") {
                self.keep_markup(rest, "?>")?
            } else if rest.starts_with("<!--") {
                self.keep_markup(rest, "-->")?
            } else if rest.starts_with("<![CDATA[") {
                self.says_more |= self.removing.is_none();
                self.keep_markup(rest, "]]>")?
            } else if rest.starts_with("<!") {
                return None;
            } else {
                self.tag(&rest[..end_of_tag(rest)?])?
            };
            rest = &rest[length..];
        }
        self.text(rest);
        self.open.is_empty().then_some(())
    }

    fn keep(&mut self, text: &str) {
        if self.removing.is_none() {
            self.kept.push_str(text);
        }
    }

    fn text(&mut self, text: &str) {
        self.says_more |= self.removing.is_none() && text.chars().any(|char| !is_space(char) && char != '\0');
        self.keep(text);
    }

    /// Keeps what ends with `end`, and returns its length.
    fn keep_markup(&mut self, rest: &str, end: &str) -> Option<usize> {
        let length = rest.find(end)? + end.len();
        self.keep(&rest[..length]);
        Some(length)
    }

    /// One tag, from `<` to `>`. Returns its length.
    fn tag(&mut self, tag: &'a str) -> Option<usize> {
        if tag.starts_with("</") {
            self.keep(tag);
            let known = self.open.pop()?;
            self.namespaces.truncate(known);
            if self.removing == Some(self.open.len()) {
                self.removing = None;
            }
            return Some(tag.len());
        }
        let body = tag.strip_prefix('<')?.strip_suffix('>')?;
        let (body, closed) = match body.strip_suffix('/') {
            Some(body) => (body, true),
            None => (body, false),
        };
        let name = &body[..body.find(is_space).unwrap_or(body.len())];
        let attributes = attributes(&body[name.len()..])?;
        let known = self.namespaces.len();
        for attribute in &attributes {
            match attribute.name.strip_prefix("xmlns") {
                Some("") => self.namespaces.push(("", attribute.value)),
                Some(prefix) if prefix.starts_with(':') => {
                    self.namespaces.push((&prefix[1..], attribute.value));
                }
                _ => {}
            }
        }
        if self.removing.is_none() {
            self.opening_tag(name, &attributes, closed);
        }
        if closed {
            self.namespaces.truncate(known);
            if self.removing == Some(self.open.len()) {
                self.removing = None;
            }
        } else {
            self.open.push(known);
        }
        Some(tag.len())
    }

    /// Keeps of a tag what is to stay, or begins to remove its element.
    fn opening_tag(&mut self, name: &str, attributes: &[Attribute<'a>], closed: bool) {
        if self.goes(name, true) {
            self.removed = true;
            self.removing = Some(self.open.len());
            return;
        }
        self.says_more |= !FRAME.contains(&self.namespace(name, true));
        self.kept.push('<');
        self.kept.push_str(name);
        for attribute in attributes {
            let declares = attribute.name == "xmlns" || attribute.name.starts_with("xmlns:");
            let goes = if declares {
                OF_PICTURES.contains(&attribute.value)
            } else {
                self.goes(attribute.name, false)
            };
            if goes {
                self.removed = true;
                continue;
            }
            let is_frame = attribute.name.starts_with("xml:")
                || FRAME.contains(&self.namespace(attribute.name, false))
                || !attribute.name.contains(':');
            self.says_more |= !declares && !is_frame;
            self.kept.push_str(attribute.whole);
        }
        self.kept.push_str(if closed { "/>" } else { ">" });
    }

    /// Whether what has this name is about something that goes with the colors.
    fn goes(&self, name: &str, is_element: bool) -> bool {
        let namespace = self.namespace(name, is_element);
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        OF_PICTURES.contains(&namespace)
            || (namespace == CAMERA && OF_VIDEO.iter().any(|start| local.starts_with(start)))
    }

    /// The namespace of a name; the default one is for elements alone (Namespaces in XML 1.0, 6.2).
    fn namespace(&self, name: &str, is_element: bool) -> &'a str {
        let prefix = match name.split_once(':') {
            Some((prefix, _)) => prefix,
            None if is_element => "",
            None => return "",
        };
        let known = self.namespaces.iter().rev();
        known
            .into_iter()
            .find(|(known, _)| *known == prefix)
            .map_or("", |(_, namespace)| namespace)
    }
}

/// An attribute of a tag.
struct Attribute<'a> {
    /// With the space before it.
    whole: &'a str,
    name: &'a str,
    value: &'a str,
}

/// The attributes of a tag, without anything in between.
fn attributes(mut rest: &str) -> Option<Vec<Attribute<'_>>> {
    let mut attributes = Vec::new();
    loop {
        let begun = rest.trim_start_matches(is_space);
        if begun.is_empty() {
            return Some(attributes);
        }
        let (name, behind) = begun.split_once('=')?;
        let behind = behind.trim_start_matches(is_space);
        let quote = behind
            .chars()
            .next()
            .filter(|quote| ['"', '\''].contains(quote))?;
        let (value, after) = behind[1..].split_once(quote)?;
        attributes.push(Attribute {
            whole: &rest[..rest.len() - after.len()],
            name: name.trim_end_matches(is_space),
            value,
        });
        rest = after;
    }
}

/// The length of the tag that `rest` begins with: quoted values may hold a `>`.
fn end_of_tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, char) in rest.char_indices() {
        match quote {
            Some(open) if open == char => quote = None,
            None if char == '>' => return Some(at + 1),
            None if ['"', '\''].contains(&char) => quote = Some(char),
            Some(_) | None => {}
        }
    }
    None
}

/// White space of XML 1.0, 2.3.
fn is_space(char: char) -> bool {
    [' ', '\t', '\r', '\n'].contains(&char)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\" \
        x:xmptk=\"any\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">";
    const CLOSE: &str = "</rdf:RDF></x:xmpmeta>\n   <?xpacket end=\"w\"?>";

    /// What is left of a packet with this in it.
    fn left(description: &str) -> Option<String> {
        let payload = [
            SIGNATURE,
            OPEN.as_bytes(),
            description.as_bytes(),
            CLOSE.as_bytes(),
        ]
        .concat();
        let left = without_removed_pictures(&payload)?;
        let left = str::from_utf8(left.strip_prefix(SIGNATURE).unwrap()).unwrap();
        let inner = left.strip_prefix(OPEN).unwrap().strip_suffix(CLOSE).unwrap();
        Some(inner.to_owned())
    }

    #[test]
    fn a_packet_about_a_gain_map_alone_goes() {
        let attributes = "<rdf:Description rdf:about='' xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\" \
            hdrgm:Version=\"1.0\"/>";
        assert_eq!(left(attributes), None);
        let directory = "<rdf:Description xmlns:C=\"http://ns.google.com/photos/1.0/container/\" \
            xmlns:Item='http://ns.google.com/photos/1.0/container/item/'><C:Directory><rdf:Seq>\
            <rdf:li rdf:parseType=\"Resource\"><C:Item Item:Semantic=\"a > b\" Item:Length=\"9\"/></rdf:li>\
            </rdf:Seq></C:Directory></rdf:Description>";
        assert_eq!(left(directory), None);
    }

    #[test]
    fn all_else_stays_byte_for_byte() {
        let mixed = "<rdf:Description\n rdf:about=\"\"\n xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n \
            xmlns:g=\"http://ns.adobe.com/hdr-gain-map/1.0/\"\n g:Version='1.0'\n dc:source = \"<&gt; g:Version\">\
            <!-- <g:x> --><g:GainMapMax><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></g:GainMapMax>\
            <dc:title><![CDATA[<g:GainMapMax>]]></dc:title><g:Empty/></rdf:Description>";
        let expected = "<rdf:Description\n rdf:about=\"\"\n xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n \
            dc:source = \"<&gt; g:Version\">\
            <!-- <g:x> --><dc:title><![CDATA[<g:GainMapMax>]]></dc:title></rdf:Description>";
        assert_eq!(left(mixed).as_deref(), Some(expected));
    }

    #[test]
    fn a_prefix_means_what_the_innermost_declaration_says() {
        // The same prefix for something else, outside and behind.
        let nested = "<rdf:Description xmlns:a=\"http://example.com/\" a:one=\"1\">\
            <a:two xmlns:a=\"http://ns.adobe.com/hdr-gain-map/1.0/\">2</a:two><a:three>3</a:three></rdf:Description>";
        let expected = "<rdf:Description xmlns:a=\"http://example.com/\" a:one=\"1\">\
            <a:three>3</a:three></rdf:Description>";
        assert_eq!(left(nested).as_deref(), Some(expected));
        let by_default = "<rdf:Description><Directory xmlns=\"http://ns.google.com/photos/1.0/container/\"/></rdf:Description>";
        assert_eq!(left(by_default), None);
    }

    #[test]
    fn a_video_behind_the_image_is_forgotten_and_the_camera_is_not() {
        let camera = "<rdf:Description xmlns:GCamera=\"http://ns.google.com/photos/1.0/camera/\" GCamera:MicroVideo=\"1\" \
            GCamera:MotionPhotoVersion=\"1\" GCamera:BurstID=\"7\"/>";
        let expected = "<rdf:Description xmlns:GCamera=\"http://ns.google.com/photos/1.0/camera/\" \
            GCamera:BurstID=\"7\"/>";
        assert_eq!(left(camera).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_not_about_pictures_or_cannot_be_read_stays() {
        let name = "http://ns.adobe.com/hdr-gain-map/1.0/";
        for packet in [
            "<x/>".to_owned(),
            "no XML at all".to_owned(),
            format!("<a xmlns:g=\"{name}\""),
            format!("<a xmlns:g=\"{name}\" g:b>"),
            format!("<a xmlns:g=\"{name}\" g:b=1>"),
            format!("<a xmlns:g=\"{name}\" g:b=\"1\">"),
            format!("</a>{name}"),
            format!("<!DOCTYPE a [<!ENTITY g \"{name}\">]><a/>"),
            format!("<a>{name}</a>"),
            format!("<a><!-- {name}"),
        ] {
            let payload = [SIGNATURE, packet.as_bytes()].concat();
            let left = without_removed_pictures(&payload);
            assert!(
                matches!(left, Some(Cow::Borrowed(left)) if left == payload),
                "{packet}"
            );
        }
        let latin = [SIGNATURE, name.as_bytes(), b"\xE4"].concat();
        assert!(matches!(without_removed_pictures(&latin), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn a_packet_of_nothing_but_tags_takes_no_time() {
        let start = std::time::Instant::now();
        let unit = "<a xmlns:b=\"http://ns.adobe.com/hdr-gain-map/1.0/\">";
        for packet in [
            unit.repeat(1200),
            "<a:b>".repeat(13_000) + unit,
            "< ".repeat(32_000) + unit,
        ] {
            let payload = [SIGNATURE, packet.as_bytes()].concat();
            _ = without_removed_pictures(&payload);
        }
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
