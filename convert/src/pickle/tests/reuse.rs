//! Memory that is reused must never have been in use: readings with and without reuse are compared.

use super::data::shared;
use super::dump::dump;
use crate::pickle::{Batch, Document, Flow, Limits, PickleError, Plan, Sink, parse, stream};

/// xorshift64*, seeded by `VESALIUS_SEED`.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn from_env() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
        println!("VESALIUS_SEED={seed}");
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n as u64).unwrap()
    }
}

/// Takes batches of the outermost dictionary, keeping their text.
#[derive(Default)]
struct TakeOuter(Vec<(String, String)>);

impl Sink for TakeOuter {
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow {
        if batch.depth(document) > 0 || batch.under().is_some() {
            return Flow::Keep;
        }
        self.0.extend(batch.pairs().map(|(k, v)| (dump(document, k), dump(document, v))));
        Flow::Take
    }
}

/// Keeps, takes or stops by the number of the call.
struct Mixed {
    choices: Vec<Flow>,
    calls: usize,
    taken: Vec<String>,
}

impl Sink for Mixed {
    fn items(&mut self, document: &Document<'_>, batch: &Batch<'_>) -> Flow {
        let flow = self.choices[self.calls % self.choices.len()];
        self.calls += 1;
        if flow != Flow::Keep {
            self.taken.extend(batch.pairs().flat_map(|(k, v)| [k, v]).map(|id| dump(document, id)));
        }
        flow
    }
}

type Told = Result<(Option<String>, Vec<String>), PickleError>;

fn tell(bytes: &[u8], plan: &Plan, limits: &Limits, choices: &[Flow]) -> Told {
    let mut sink = Mixed { choices: choices.to_vec(), calls: 0, taken: Vec::new() };
    let document = stream(bytes, plan, limits, &mut sink)?;
    Ok((document.map(|d| dump(&d, d.root())), sink.taken))
}

/// Reads with the plan, and with one that pretends that every memo entry is fetched, so that nothing is
/// ever reused.
fn compare(bytes: &[u8], choices: &[Flow]) -> bool {
    let limits = Limits { nodes: 1 << 16, ..Limits::small() };
    let plan = Plan::scan(bytes, &limits).unwrap();
    let fast = tell(bytes, &plan, &limits, choices);
    let slow = tell(bytes, &plan.with_everything_fetched(256), &limits, choices);
    assert_eq!(fast, slow, "{bytes:?} {choices:?}");
    fast.is_ok()
}

const RECONSTRUCT: &[u8] = b"cnumpy.core.multiarray\n_reconstruct\n";
const RAW: &[u8] = b"(cnumpy\nndarray\nK\x00\x85C\x01btR";
const STATE: &[u8] = b"(K\x01K\x01\x85";
const DTYPE: &[u8] = b"cnumpy\ndtype\nU\x02f2\x85R";
const ORDER: &[u8] = b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89";

/// An array of one float16; `between` may add instructions that leave the stack as it was.
fn array(value: u8, out: &mut Vec<u8>, mut between: impl FnMut(&mut Vec<u8>)) {
    for part in [RECONSTRUCT, RAW, STATE, DTYPE, ORDER, &[b'C', 2, value, 60], b"t", b"b"] {
        out.extend(part);
        between(out);
    }
}

/// Instructions without effect on the stack: memo entries made, fetched and altered.
fn detour(random: &mut Random, memo: &mut Vec<Kind>, out: &mut Vec<u8>) {
    let picked = random.below(memo.len().max(1));
    match (random.below(6), memo.get(picked)) {
        (0, _) if memo.len() < 200 => {
            out.extend([b']', b'M', 7, 9, b'a', b'q', u8::try_from(memo.len()).unwrap(), b'0']);
            memo.push(Kind::List);
        }
        (1, _) if memo.len() < 200 => {
            out.extend([b'q', u8::try_from(memo.len()).unwrap()]);
            memo.push(Kind::Leaf);
        }
        (2, Some(Kind::List)) => {
            out.extend([b'h', u8::try_from(picked).unwrap()]);
            out.extend(b"]M\x09\x09aa0");
        }
        (3, Some(Kind::Dict)) => {
            out.extend([b'h', u8::try_from(picked).unwrap()]);
            out.extend(b"M\x05\x05]s0");
        }
        (4, _) => out.extend(b"20"),
        _ => {}
    }
}

/// What the generator believes to lie on the stack.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Leaf,
    List,
    Dict,
    Mark,
}

/// A random pickle that is mostly valid: containers, arrays, memo puts and gets, duplicates and pops,
/// containers altered through the memo.
fn random_pickle(random: &mut Random) -> Vec<u8> {
    let (mut out, mut stack, mut memo) = (Vec::new(), vec![Kind::List], Vec::new());
    out.push(b']');
    for _ in 0..random.below(120) {
        let top = *stack.last().unwrap();
        let above = stack.iter().rev().take_while(|k| **k != Kind::Mark).count();
        match random.below(14) {
            0 => both(&mut out, &mut stack, b']', Kind::List),
            1 => both(&mut out, &mut stack, b'}', Kind::Dict),
            2 => {
                out.extend([b'M', u8::try_from(random.below(256)).unwrap(), 9]);
                stack.push(Kind::Leaf);
            }
            3 => {
                let value = u8::try_from(random.below(256)).unwrap();
                array(value, &mut out, |out| detour(random, &mut memo, out));
                stack.push(Kind::Leaf);
            }
            4 | 5 if top != Kind::Mark && memo.len() < 200 => {
                out.extend([b'q', u8::try_from(memo.len()).unwrap()]);
                memo.push(top);
            }
            6 | 7 if !memo.is_empty() => {
                let at = random.below(memo.len());
                out.extend([b'h', u8::try_from(at).unwrap()]);
                stack.push(memo[at]);
            }
            8 if top != Kind::Mark => both(&mut out, &mut stack, b'2', top),
            9 if above > 1 => {
                out.push(b'0');
                stack.pop();
            }
            10 if above >= 2 && stack[stack.len() - 2] == Kind::List => {
                out.push(b'a');
                stack.pop();
            }
            11 if above >= 3 && stack[stack.len() - 3] == Kind::Dict => {
                out.push(b's');
                stack.truncate(stack.len() - 2);
            }
            12 if top == Kind::List || top == Kind::Dict => {
                both(&mut out, &mut stack, b'(', Kind::Mark);
            }
            _ => close_mark(&mut out, &mut stack, above),
        }
    }
    while stack.len() > 1 {
        let above = stack.iter().rev().take_while(|k| **k != Kind::Mark).count();
        if stack.contains(&Kind::Mark) {
            close_mark(&mut out, &mut stack, above);
            continue;
        }
        let n = stack.len();
        out.push(if stack[n - 2] == Kind::List { b'a' } else { b'0' });
        stack.pop();
    }
    out.push(b'.');
    out
}

fn both(out: &mut Vec<u8>, stack: &mut Vec<Kind>, opcode: u8, kind: Kind) {
    out.push(opcode);
    stack.push(kind);
}

/// Ends the innermost mark with the instruction that fits what lies under it.
fn close_mark(out: &mut Vec<u8>, stack: &mut Vec<Kind>, above: usize) {
    let Some(mark) = (stack.len() - above).checked_sub(1) else { return };
    let target = stack[mark - 1];
    if target == Kind::Dict && above % 2 == 1 {
        out.push(b'N');
    }
    out.push(if target == Kind::Dict { b'u' } else { b'e' });
    stack.truncate(mark);
}

#[test]
fn reuse_changes_nothing() {
    let mut random = Random::from_env();
    let mut valid = 0;
    for _ in 0..4_000 {
        let bytes = random_pickle(&mut random);
        let flow = |n| if n == 0 { Flow::Keep } else { Flow::Take };
        let choices: Vec<Flow> = (0..5).map(|_| flow(random.below(2))).collect();
        valid +=
            usize::from(compare(&bytes, &choices)) + usize::from(compare(&bytes, &[Flow::Keep]));
    }
    assert!(valid > 4_000, "{valid}");
}

#[test]
fn a_duplicate_keeps_what_is_added_through_it() {
    let bytes = b"}2K\x01]s0K\x02]s.";
    let plan = Plan::scan(bytes, &Limits::small()).unwrap();
    let told = tell(bytes, &plan, &Limits::small(), &[Flow::Keep, Flow::Take]).unwrap();
    assert_eq!(told, (Some("{Int(1),[],}".to_owned()), vec!["Int(2)".to_owned(), "[]".to_owned()]));
}

#[test]
fn reuse_changes_nothing_in_files() {
    for file in
        ["pickles/odd_p4.pkl", "regions/anatomical_database.p4.np2.pkl", "regions/ct_organs.pkl"]
    {
        let Some(bytes) = shared(file) else { return };
        assert!(compare(&bytes, &[Flow::Keep]));
    }
}

#[test]
fn taken_items_are_those_of_the_document() {
    let files = ["", ".p2.np1", ".p3.np1", ".p5.np2"];
    for file in files.map(|f| format!("regions/anatomical_database{f}.pkl")) {
        let Some(bytes) = shared(&file) else { return };
        let limits = Limits::small();
        let plan = Plan::scan(&bytes, &limits).unwrap();
        let mut sink = TakeOuter::default();
        let rest = stream(&bytes, &plan, &limits, &mut sink).unwrap().unwrap();
        assert_eq!(rest.pairs(rest.root()).unwrap().len(), 0);
        let whole = parse(&bytes, &limits).unwrap();
        let pairs = whole.pairs(whole.root()).unwrap();
        let pairs: Vec<_> = pairs.map(|(k, v)| (dump(&whole, k), dump(&whole, v))).collect();
        assert_eq!(sink.0, pairs);
    }
}

#[test]
fn taken_items_give_their_memory_back() {
    let mut bytes = b"}(".to_vec();
    for batch in 0..50_u8 {
        if batch > 0 {
            bytes.extend(b"u(");
        }
        for item in 0..100 {
            bytes.extend([b'M', batch, item, b']', b'(']);
            array(item, &mut bytes, |_| {});
            bytes.push(b'e');
        }
    }
    bytes.extend(b"u.");
    let limits = Limits::small();
    let plan = Plan::scan(&bytes, &limits).unwrap();
    let mut sink = TakeOuter::default();
    let rest = stream(&bytes, &plan, &limits, &mut sink).unwrap().unwrap();
    assert_eq!(sink.0.len(), 5000);
    let whole = parse(&bytes, &limits).unwrap();
    assert!(
        rest.memory() < 20_000 && whole.memory() > 200_000,
        "{} {}",
        rest.memory(),
        whole.memory()
    );
}

#[test]
fn what_was_taken_cannot_change() {
    // {1: x = []}, then x.append(None)
    let bytes = b"}K\x01]q\x00sh\x00Na0.";
    let limits = Limits::small();
    let plan = Plan::scan(bytes, &limits).unwrap();
    let error = stream(bytes, &plan, &limits, &mut TakeOuter::default()).err();
    assert_eq!(error, Some(PickleError::ChangedLater { offset: 10 }));
    assert!(parse(bytes, &limits).is_ok());
}
