//! What parses to what, what does not, and where it fails.

use super::super::{MAX_DEPTH, MAX_LIST_ITEMS, MAX_SOURCE_BYTES, Predicate};

fn canonical(source: &str) -> String {
    Predicate::parse(source).unwrap_or_else(|error| panic!("{error:#}")).to_string()
}

#[test]
fn sources_have_one_canonical_form() {
    for (source, expected) in [
        ("a=1", "a = 1"),
        (" a == 1 ", "a = 1"),
        ("a <> 1", "a != 1"),
        ("a>-1", "a > -1"),
        ("0.5 <= score", "score >= 0.5"),
        ("'x' = id", "id = 'x'"),
        ("true = flag", "flag = true"),
        ("5 > volume('liver')", "volume('liver') < 5"),
        ("TRUE AnD False", "true and false"),
        ("a = .5", "a = 0.5"),
        ("a = 1.", "a = 1.0"),
        ("a = 1E3", "a = 1000.0"),
        ("a = -1.25e-7", "a = -1.25e-7"),
        ("a = 1e300", "a = 1e300"),
        ("a = -9223372036854775808", "a = -9223372036854775808"),
        ("((a = 1))", "a = 1"),
        ("a=1 or b=2 and c=3", "a = 1 or b = 2 and c = 3"),
        ("(a=1 or b=2) and c=3", "(a = 1 or b = 2) and c = 3"),
        ("a=1 and (b=2 and c=3)", "a = 1 and (b = 2 and c = 3)"),
        ("not a = 1 and b = 2", "not a = 1 and b = 2"),
        ("not (a = 1 and b = 2)", "not (a = 1 and b = 2)"),
        ("not not (a = 1)", "not not a = 1"),
        ("a between 1 and 5 and b", "a between 1 and 5 and b"),
        ("a NOT BETWEEN 1 AND 5", "a not between 1 and 5"),
        ("a not in(1,'x',true)", "a not in (1, 'x', true)"),
        ("site like 'A%\\_''x'", "site like 'A%\\_''x'"),
        ("site not like ''", "site not like ''"),
        ("a is null or b is not null", "a is null or b is not null"),
        ("\"id\" = 1 and id = 'x'", "\"id\" = 1 and id = 'x'"),
        ("`a` = 1 and `a b` = 2 and \"a\"\"b\" = 3", "a = 1 and \"a b\" = 2 and \"a\"\"b\" = 3"),
        ("\"and\" and \"5\" and a.b", "\"and\" and \"5\" and a.b"),
        ("\"\u{e9}\" = '\u{e9}\n'", "\"\u{e9}\" = '\u{e9}\n'"),
        ("HAS_Region ( 'lungs' , 'carina' )", "has_region('lungs', 'carina')"),
        ("f() and overlaps(a, g(\"b c\", 1))", "f() and overlaps(a, g(\"b c\", 1))"),
        ("volume('liver') between 1 and 2", "volume('liver') between 1 and 2"),
        ("identity = 1 and android = 2", "identity = 1 and android = 2"),
    ] {
        assert_eq!(canonical(source), expected);
        assert_eq!(Predicate::parse(source), Predicate::parse(expected), "{source}");
    }
}

#[test]
fn faults_are_told_with_their_place() {
    for (source, position, message, expected) in [
        ("", 0, "the predicate ends too early", "a condition"),
        ("   ", 3, "the predicate ends too early", "a condition"),
        ("a =", 3, "the predicate ends too early", "a value"),
        ("a = 1 adn b = 2", 6, "unexpected adn", "a comparison, `and`, `or` or the end"),
        ("a 5", 2, "unexpected 5", "a comparison, `and`, `or`"),
        ("a = b", 4, "a name is not a value; text goes in single quotes", "a value"),
        ("a = \"b\"", 4, "a name in quotes is not a value; text goes in single", "a value"),
        ("a = null", 4, "nothing compares with null; write `is null`", "a value"),
        ("a in (1, null)", 9, "nothing compares with null", "a value"),
        ("a in ()", 6, "unexpected )", "a value"),
        ("a in (1, 2", 10, "the predicate ends too early", "`,` or `)`"),
        ("a in 1", 5, "unexpected 1", "`(`"),
        ("a not = 1", 6, "unexpected =", "`in`, `like` or `between`"),
        ("a is 5", 5, "unexpected 5", "`null` or `not null`"),
        ("a like b", 7, "unexpected b", "a pattern"),
        ("a like 'x\\'", 7, "the pattern ends in a lone `\\`", ""),
        ("a between 1 or 2", 12, "unexpected or", "`and` and the upper end"),
        ("(a = 1", 6, "the predicate ends too early", "`)`"),
        ("a = 1)", 5, "unexpected )", ""),
        ("and a", 0, "unexpected and", "a condition"),
        ("id", 2, "the predicate ends too early", "a comparison of `id`"),
        ("5", 1, "the predicate ends too early", "a comparison"),
        ("5 = 5", 4, "unexpected 5", "an attribute"),
        ("1 < a < 5", 6, "unexpected <", "`and`"),
        ("f(a b)", 4, "unexpected b", "`,` or `)`"),
        ("f(1,)", 4, "unexpected )", "a value or a name"),
        ("\"f\"(1)", 3, "unexpected (", ""),
        ("a = 'x", 4, "text in quotes has no closing '", ""),
        ("a = 'x''", 4, "text in quotes has no closing '", ""),
        ("`a = 1", 0, "a name in quotes has no closing `", ""),
        ("\"\" = 1", 0, "a name in quotes is empty", ""),
        ("a = 9223372036854775808", 4, "the integer does not fit 64 bits", ""),
        ("a = 1e999", 4, "the number is too large", ""),
        ("a = 1e", 4, "the exponent of a number has no digits", ""),
        ("a = -", 4, "a number has no digits", ""),
        ("a = 1.2.3", 7, "a number runs into a name", ""),
        ("a = 12months", 6, "a number runs into a name", ""),
        ("a && b", 2, "`&` has no meaning; write `and`", ""),
        ("a || b", 2, "`|` has no meaning; write `or`", ""),
        ("!a", 0, "`!` alone has no meaning", ""),
        ("\u{e9}t\u{e9} = 1", 0, "a name with '\u{e9}' in it needs double quotes", ""),
        ("a = 1; b", 5, "';' has no meaning here", ""),
        ("a = 1\nand b = ?", 14, "'?' has no meaning here", ""),
    ] {
        let error = Predicate::parse(source).unwrap_err();
        assert_eq!(error.position, position, "{source}: {error}");
        assert!(error.message.starts_with(message), "{source}: {error}");
        assert!(error.expected.unwrap_or_default().contains(expected), "{source}: {error}");
    }
}

#[test]
fn a_fault_is_shown_under_its_line() {
    let error = Predicate::parse("a = 1\nand b = ?").unwrap_err();
    let expected = "predicate, byte 14: '?' has no meaning here\n  and b = ?\n          ^";
    assert_eq!(format!("{error:#}"), expected);
}

#[test]
fn nesting_is_bounded() {
    // (what opens, what closes, how many levels that is)
    let forms = [("(", ")", 1), ("not ", "", 1), ("not (", ")", 2), ("f(", ")", 1)];
    for (open, close, levels) in forms {
        let nested = |times: usize| {
            Predicate::parse(&format!("{}a{}", open.repeat(times), close.repeat(times)))
        };
        let most = MAX_DEPTH / levels;
        let parsed = nested(most).unwrap();
        assert_eq!(Predicate::parse(&parsed.to_string()), Ok(parsed));
        for times in [most + 1, 9_000] {
            let error = nested(times).unwrap_err();
            assert_eq!(error.message, "nested more than 64 deep");
        }
    }
}

#[test]
fn size_is_bounded() {
    let longest = format!("a = '{}'", "x".repeat(MAX_SOURCE_BYTES - 6));
    assert_eq!(longest.len(), MAX_SOURCE_BYTES);
    assert!(Predicate::parse(&longest).is_ok());
    let error = Predicate::parse(&format!("{longest} ")).unwrap_err();
    assert_eq!(error.message, "the predicate is longer than 65536 bytes");

    let list = |n: usize| Predicate::parse(&format!("a in (1{})", ",1".repeat(n - 1)));
    assert!(list(MAX_LIST_ITEMS).is_ok());
    let error = list(MAX_LIST_ITEMS + 1).unwrap_err();
    assert_eq!(error.message, "a list has more than 10000 items");
    let call = Predicate::parse(&format!("f(1{})", ",1".repeat(MAX_LIST_ITEMS)));
    assert!(call.is_err());

    let terms = Predicate::parse(&format!("a{}", " or a".repeat(13_000))).unwrap();
    assert_eq!(Predicate::parse(&terms.to_string()), Ok(terms));
}
