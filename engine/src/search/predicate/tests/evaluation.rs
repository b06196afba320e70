//! Columns against the row-by-row twin, and what does not fit.

use super::super::{AttributeType, Columns, MAX_LIST_ITEMS, Predicate};
use super::random::Random;
use super::table::Table;
use super::{generate, naive};

#[test]
fn agrees_with_a_row_by_row_interpreter() {
    let mut random = Random::seeded(0x5eed_0001);
    for _ in 0..120 {
        let table = Table::random(&mut random);
        for _ in 0..60 {
            let expr = generate::expr(&table, &mut random, 3);
            let source = expr.to_string();
            let predicate = Predicate::parse(&source).unwrap();
            assert_eq!(predicate.expr, expr, "{source}");
            let kept = predicate.evaluate(&table).unwrap();
            assert_eq!(kept.len(), table.rows());
            for (n, row) in (0..).zip(&table.rows) {
                let expected = row.live && naive::evaluate(&expr, row) == Some(true);
                assert_eq!(kept.get(n), expected, "{source}\nrow {n}: {row:?}");
            }
        }
    }
}

#[test]
fn a_predicate_and_its_negation_leave_out_the_nulls() {
    let mut random = Random::seeded(0x5eed_0002);
    for _ in 0..40 {
        let table = Table::random(&mut random);
        let count = |source: &str| Predicate::parse(source).unwrap().evaluate(&table).unwrap();
        let mut either = count("i >= 1");
        either.or(&count("not (i >= 1)"));
        assert_eq!(either, count("i is not null"));
        assert_eq!(count("i = 1 or i != 1"), count("not i is null"));
        assert_eq!(count("true").count(), table.live().unwrap().count());
    }
}

#[test]
fn integers_and_floats_compare_without_loss() {
    for (source, kept) in [
        ("i = 9007199254740993", true),
        ("i = 9007199254740992.0", false),
        ("i > 9007199254740992.0", true),
        ("i < 9.007199254740994e15", true),
        ("i in (9007199254740992.0, 9007199254740994.0)", false),
        ("f = 9007199254740992", true),
        ("f = 9007199254740993", false),
        ("f < 9007199254740993", true),
    ] {
        let table = Table::of_one_row(9_007_199_254_740_993, 9_007_199_254_740_992.0);
        let rows = Predicate::parse(source).unwrap().evaluate(&table).unwrap();
        assert_eq!(rows.get(0), kept, "{source}");
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let table = Table::random(&mut Random::seeded(0x5eed_0003));
    for (source, position, message) in [
        ("b and agee = 3", 6, "unknown attribute \"agee\", known are: i, f, b, s, odd \"name\""),
        ("nothing is null", 0, "unknown attribute"),
        ("I = 1", 0, "unknown attribute \"I\""),
        ("i = 'x'", 4, "attribute \"i\" is an integer, but 'x' is a string"),
        ("f between 1 and 'x'", 16, "attribute \"f\" is a float, but 'x' is a string"),
        ("s in ('a', 3)", 11, "attribute \"s\" is a string, but 3 is an integer"),
        ("s = 1.0", 4, "attribute \"s\" is a string, but 1.0 is a float"),
        ("i = true", 4, "attribute \"i\" is an integer, but true is a boolean"),
        ("b = 1", 4, "attribute \"b\" is a boolean, but 1 is an integer"),
        ("b < true", 0, "attribute \"b\" is a boolean; only = and != and in apply"),
        ("b between false and true", 0, "attribute \"b\" is a boolean; only"),
        ("i like 'a%'", 0, "attribute \"i\" is an integer; like needs a string"),
        ("b like 'a%'", 0, "attribute \"b\" is a boolean; only"),
        ("id = 3", 5, "`id` is a string, but 3 is an integer"),
        ("not i", 4, "attribute \"i\" is an integer, not a condition"),
        ("b or surface('liver') > 1.2e6", 5, "unknown function \"surface\", known are: has_field"),
        ("overlaps(i, f)", 9, "overlaps takes names in single quotes, not i"),
        ("overlaps('liver')", 0, "overlaps does not take 1 arguments"),
        ("volume('liver')", 0, "volume(...) is a float, not a condition; compare it"),
        ("voxels('liver') = 'x'", 18, "voxels(...) is a float, but 'x' is a string"),
        ("b or volume('liver') > 1.2e6", 5, "there are no masks"),
        ("has_segment('liver')", 0, "there are no masks"),
        ("has_region(s)", 11, "has_region takes names in single quotes, not s"),
        ("has_field()", 0, "has_field does not take 0 arguments"),
        ("has_region('a', 'b', 'c')", 0, "has_region does not take 3 arguments"),
        ("has_field('regions') > true", 0, "has_field(...) is a boolean; only"),
        ("has_field('regions') = 'x'", 23, "has_field(...) is a boolean, but 'x' is a string"),
        ("b or has_field('nope')", 5, "no field \"nope\", known are: regions"),
        ("has_region('regions', 'nope')", 0, "no region \"nope\""),
    ] {
        let error = Predicate::parse(source).unwrap().evaluate(&table).unwrap_err();
        assert_eq!(error.position, position, "{source}: {error}");
        assert!(error.message.starts_with(message), "{source}: {error}");
        let shown = format!("{error:#}");
        let caret = shown.lines().last().unwrap();
        assert_eq!(caret.len(), 2 + position + 1, "{shown}");
    }
}

#[test]
fn checking_reads_no_value() {
    let table = Table::random(&mut Random::seeded(0x5eed_0004));
    assert!(Predicate::parse("has_field('nope')").unwrap().check(&table).is_ok());
    assert!(Predicate::parse("i = 'x'").unwrap().check(&table).is_err());
    assert_eq!(table.attribute_type("i"), Some(AttributeType::I64));
}

#[test]
fn the_longest_list_is_evaluated() {
    let table = Table::of_one_row(9_999, 0.5);
    let list: Vec<_> = (0..MAX_LIST_ITEMS).map(|n| n.to_string()).collect();
    let source = format!("i in ({})", list.join(","));
    assert!(Predicate::parse(&source).unwrap().evaluate(&table).unwrap().get(0));
}
