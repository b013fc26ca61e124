//! How long a value is as compact JSON, without writing it.

use std::fmt;

use serde::ser::{
    self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer,
};

/// Length of a compact JSON text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JsonLength {
    /// In UTF-8.
    pub(super) bytes: usize,
    /// In Unicode characters.
    pub(super) characters: usize,
}

/// The length of `value`, which is plain data: texts, numbers, lists, objects.
pub(super) fn json_length<T: Serialize>(value: &T) -> JsonLength {
    let mut length = JsonLength::default();
    value.serialize(Counter { length: &mut length }).expect("plain data has a JSON form");
    length
}

impl JsonLength {
    fn ascii(&mut self, count: usize) {
        self.bytes += count;
        self.characters += count;
    }

    /// A text with its quotes and escapes.
    fn text(&mut self, text: &str) {
        self.ascii(2);
        for character in text.chars() {
            match character {
                '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => self.ascii(2),
                '\0'..='\u{1f}' => self.ascii(6),
                _ => {
                    self.bytes += character.len_utf8();
                    self.characters += 1;
                }
            }
        }
    }

    fn shown(&mut self, value: impl fmt::Display) {
        self.ascii(value.to_string().len());
    }
}

/// A value that is no plain data.
#[derive(Debug)]
pub(super) struct NoJson;

impl fmt::Display for NoJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value has no JSON form")
    }
}

impl std::error::Error for NoJson {}

impl ser::Error for NoJson {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Counter<'l> {
    length: &'l mut JsonLength,
}

/// A list or an object being counted.
struct Members<'l> {
    length: &'l mut JsonLength,
    is_first: bool,
}

impl<'l> Members<'l> {
    /// The brackets.
    fn open(length: &'l mut JsonLength) -> Self {
        length.ascii(2);
        Self { length, is_first: true }
    }

    fn next(&mut self) -> Counter<'_> {
        if !std::mem::take(&mut self.is_first) {
            self.length.ascii(1);
        }
        Counter { length: self.length }
    }

    fn after_colon(&mut self) -> Counter<'_> {
        self.length.ascii(1);
        Counter { length: self.length }
    }
}

/// Serializers for what JSON shows as Rust does.
macro_rules! shown {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), NoJson> {
            self.length.shown(value);
            Ok(())
        })*
    };
}

impl<'l> Serializer for Counter<'l> {
    type Ok = ();
    type Error = NoJson;
    type SerializeSeq = Members<'l>;
    type SerializeMap = Members<'l>;
    type SerializeStruct = Members<'l>;
    type SerializeTuple = Impossible<(), NoJson>;
    type SerializeTupleStruct = Impossible<(), NoJson>;
    type SerializeTupleVariant = Impossible<(), NoJson>;
    type SerializeStructVariant = Impossible<(), NoJson>;

    shown! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
    }

    fn serialize_char(self, value: char) -> Result<(), NoJson> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), NoJson> {
        self.length.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), NoJson> {
        Err(NoJson)
    }

    fn serialize_none(self) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoJson> {
        self.length.shown("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), NoJson> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NoJson> {
        Err(NoJson)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'l>, NoJson> {
        Ok(Members::open(self.length))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'l>, NoJson> {
        Ok(Members::open(self.length))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'l>, NoJson> {
        Ok(Members::open(self.length))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoJson> {
        Err(NoJson)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, NoJson> {
        Err(NoJson)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoJson> {
        Err(NoJson)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoJson> {
        Err(NoJson)
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), NoJson> {
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoJson> {
        key.serialize(self.next())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        value.serialize(self.after_colon())
    }

    fn end(self) -> Result<(), NoJson> {
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        self.serialize_entry(key, value)
    }

    fn end(self) -> Result<(), NoJson> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Json;

    fn check(value: &Json, json: &str) {
        let length = JsonLength { bytes: json.len(), characters: json.chars().count() };
        assert_eq!(json_length(value), length, "{json}");
    }

    #[test]
    fn lengths_are_those_of_compact_json() {
        let text = |text: &str| Json::String(text.into());
        check(&Json::Null, "null");
        check(&Json::Bool(false), "false");
        check(&Json::Number("-120".into()), "-120");
        check(&Json::Number("18446744073709551615".into()), "18446744073709551615");
        check(&text("größe €"), r#""größe €""#);
        check(&text("a\"b\\c\n\t\u{1}"), r#""a\"b\\c\n\t\u0001""#);
        check(&Json::List(vec![]), "[]");
        check(&Json::List(vec![Json::Null, text("x")]), r#"[null,"x"]"#);
        check(
            &Json::Object(vec![("a".into(), Json::Null), ("b".into(), Json::Object(vec![]))]),
            r#"{"a":null,"b":{}}"#,
        );
    }
}
