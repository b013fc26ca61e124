use crate::refusal;

/// Checks the whole line that a person sees.
fn check(text: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(refusal(text).to_string(), expected);
}

#[test]
fn broken_yaml_is_refused_with_place_and_remedy() {
    check("", "the document is empty (line 1, column 1). Begin with `version: 1` and a `name`");
    check(
        "# x\n",
        "the document is empty (line 1, column 1). Begin with `version: 1` and a `name`",
    );
    check(
        "---\n",
        "the document is empty (line 1, column 1). Begin with `version: 1` and a `name`",
    );
    check(
        "a: 1\n---\nb: 2\n",
        "a second document begins here (line 2, column 1). \
         One file holds one document: remove the `---`",
    );
    check(
        "a:\n  b: 1\n  b: 2\n",
        "a.b: the key is given twice, first in line 2 (line 3, column 3). Keep one of the two",
    );
    check(
        "a: .inf\n",
        "a: `.inf` is no number of this format (line 1, column 4). \
         Write a finite number, or the text in quotes",
    );
    check(
        "a: [ *web ]\n",
        "a[0]: the alias refers to no anchor before it (line 1, column 6). \
         Write the anchor, such as `&web`, before `*web`",
    );
    check(
        "a: &a [ *a ]\n",
        "a[0]: the alias stands inside what it refers to (line 1, column 9). Write the value out",
    );
    check(
        "a: !secret x\n",
        "a: the tag `!secret` does not fit here (line 1, column 4). Remove the tag",
    );
    check(
        "a: { <<: 5 }\n",
        "a.<<: `<<` takes a map or a list of maps (line 1, column 10). Write `<<: *name`"
            .replace("a.<<", "a['<<']")
            .as_str(),
    );
    check(
        "? [ a ]\n: b\n",
        "a key must be a text (line 1, column 3). \
         Write `key: value`, with a space after the colon",
    );
    check(
        "a: 1\nb: \u{7}\n",
        "a control character (0x07) (line 2, column 4). \
         Remove it, or write it as an escape in double quotes: \"\\x1b\"",
    );
}

#[test]
fn broken_lines_of_yaml_are_refused_with_place_and_remedy() {
    for (text, line, column, message, remedy) in [
        ("a: \"open\nb: 1\n", 1, 4, "a text in quotes does not end", "Add the closing quote"),
        ("a: \"open\n  b: 1\n", 1, 4, "a text in quotes does not end", "Add the closing quote"),
        ("a:\n\t- 1\n", 2, 2, "tab", "Indent with spaces, not tabs"),
        ("a: b: c\n", 1, 5, "a second `: ` in one value", "Write the value in quotes"),
        ("a: [ 1, 2\nb: 3\n", 2, 2, "in the list that begins in line 1", "close every bracket"),
        ("a: { b: 1\n", 2, 1, "expected `,` or `}` in the map that begins in line 1", "close"),
        ("a: 1\n  b: 2\n", 2, 4, "a second `: ` in one value", "new line"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "did not find expected key", "indented as its neighbours"),
        ("a: @x\n", 1, 4, "unexpected character", "in quotes"),
        ("a: \"\\q\"\n", 1, 4, "unknown escape", "\\\\ for a backslash"),
        ("a: 1\nb\n", 3, 1, "expected `key: value`", "Write `key: value`"),
        ("a: ]\n", 1, 4, "bracket", "Close every bracket"),
    ] {
        let error = refusal(text);
        let said = format!("{text}: {error}");
        assert!(error.message.contains(message), "{said}");
        assert!(error.remedy.as_deref().unwrap_or_default().contains(remedy), "{said}");
        assert_eq!((error.line, error.column), (line, column), "{said}");
    }
}

#[test]
fn broken_json_is_refused_with_place_and_remedy() {
    check(
        "{ \"services\": [ { \"a\": 1, ",
        "services[0]: the text ends inside the map that begins in line 1 (line 1, column 27). \
         The file seems to be cut off; add the closing `}`",
    );
    check(
        "{\"a\":\n {\"b\": 1, \"b\": 2}}",
        "a.b: the key is given twice, first in line 2 (line 2, column 11). Keep one of the two",
    );
    check(
        "[1, 2,]",
        "[2]: expected a value, found `]` (line 1, column 7). \
         Remove the comma before it, or close with the bracket that fits",
    );
    check(
        "{\"a\": 1 \"b\": 2}",
        "expected `,` or `}`, found `\"` (line 1, column 9). Add the missing comma",
    );
    check(
        "{a: 1}",
        "expected a key in double quotes or `}`, found `a` (line 1, column 2). \
         Write texts and keys in double quotes; a file that begins with { or [ is JSON",
    );
    check(
        "{\"a\" 1}",
        "expected `:` after the key \"a\", found `1` (line 1, column 6). Write numbers as 12, -3 \
            or 0.5",
    );
    check(
        "[1] // done",
        "expected the end of the document, found `/` (line 1, column 5). \
         One file holds one document: remove what follows it",
    );
    check(
        "[True]",
        "[0]: expected a value, found `T` (line 1, column 2). \
         Write true, false or null in small letters; NaN does not exist",
    );
    check(
        "[01]",
        "[0]: expected a value, found `0` (line 1, column 2). Write numbers as 12, -3 or 0.5",
    );
    check(
        "[1e999]",
        "[0]: the number is too large (line 1, column 2). \
         Write a smaller number, or a text in double quotes",
    );
    check("[\"abc]", "[0]: a text in quotes does not end (line 1, column 2). Add the closing `\"`");
    check(
        "[\"a\nb\"]",
        "[0]: a text in quotes does not end in its line (line 1, column 4). \
         Add the closing `\"`, or write \\n for a line break",
    );
    check(
        r#"["\ud800"]"#,
        "[0]: an escape that is no character (line 1, column 3). \
         Write \\u and four hexadecimal digits",
    );
    check(
        r#"["\x41"]"#,
        "[0]: an unknown escape in a text (line 1, column 3). Write \\\\ for a backslash",
    );
    check(
        "[1}",
        "expected `,` or `]`, found `}` (line 1, column 3). Close with the bracket that fits",
    );
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_byte() {
    check(
        b"name: x\r\nb: \xff\n",
        "byte 12 (0xff) is not UTF-8 (line 2, column 4). Save the file as UTF-8",
    );
    check(b"\xff\xfea\0", "the text is UTF-16 (line 1, column 1). Save the file as UTF-8");
}
