//! The filters that are not written in the language itself: those of the interpreter, without the ones that reach outside
//! or that nothing bounds, and those that know what our values are.
//!
//! [`REFUSED`] is the table of what is left out and why.

use jaq_core::{
    Bind, DataT, Exn, Native,
    box_iter::box_once,
    data::HasLut,
    native::{Filter, Fun, bome, run, unary, v},
};

use super::{
    matching::matches,
    meter, read,
    value::{Error, Val, ValR},
};

/// A name that the language has elsewhere and that is left out here.
#[derive(Debug)]
pub(super) struct Refused {
    pub name: &'static str,
    /// Why, to stand behind the name.
    pub why: &'static str,
}

const fn refused(name: &'static str, why: &'static str) -> Refused {
    Refused { name, why }
}

const ONE_BODY: &str = "is left out: an expression sees this body and no other";
const OUTSIDE: &str = "is left out: an expression sees nothing of this machine";
const SAME: &str = "is left out: the same body gives the same result at any time";
const QUIET: &str = "is left out: an expression writes nowhere but to its results";
const ENDS: &str = "is left out: an expression does not end the program; use empty or error";
const LONG: &str = "is left out: it takes as long as its argument is large";
const BINARY: &str = "is left out: a value here is JSON, which has no byte strings";

/// What is left out, and why.
pub(super) const REFUSED: &[Refused] = &[
    refused("input", ONE_BODY),
    refused("inputs", ONE_BODY),
    refused("input_filename", ONE_BODY),
    refused("input_line_number", ONE_BODY),
    refused("$__prog_args", ONE_BODY),
    refused("env", OUTSIDE),
    refused("$ENV", OUTSIDE),
    refused("get_search_list", OUTSIDE),
    refused("localtime", OUTSIDE),
    refused("strflocaltime", OUTSIDE),
    refused("now", SAME),
    refused("debug", QUIET),
    refused("stderr", QUIET),
    refused("debug_empty", QUIET),
    refused("stderr_empty", QUIET),
    refused("halt", ENDS),
    refused("halt_error", ENDS),
    refused("jn", LONG),
    refused("yn", LONG),
    refused("tobytes", BINARY),
];

/// What a filter is called with besides its input: the program. A copy is made for every call, and counted.
pub(super) struct Data<'a>(pub &'a jaq_core::Lut<Kind>);

impl Clone for Data<'_> {
    fn clone(&self) -> Self {
        meter::step();
        Self(self.0)
    }
}

impl<'a> HasLut<'a, Kind> for Data<'a> {
    fn lut(&self) -> &'a jaq_core::Lut<Kind> {
        self.0
    }
}

/// What our filters work on.
#[derive(Debug)]
pub(super) struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = Data<'a>;
}

/// The filters written in the language.
pub(super) fn definitions() -> impl Iterator<Item = jaq_core::load::parse::Def<&'static str>> {
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    all.filter(|definition| REFUSED.iter().all(|refused| refused.name != definition.name))
}

/// The filters that are not.
pub(super) fn natives() -> impl Iterator<Item = Fun<Kind>> {
    let ours: Vec<Fun<Kind>> = ours().into_iter().map(run::<Kind>).collect();
    let names: Vec<_> = ours.iter().map(|(name, ..)| *name).collect();
    let theirs = jaq_core::funs::<Kind>().chain(jaq_std::funs::<Kind>());
    let kept = theirs.filter(move |(name, ..): &Filter<Native<Kind>>| {
        !names.contains(name) && REFUSED.iter().all(|refused| refused.name != *name)
    });
    kept.chain(ours)
}

fn ours() -> Vec<Filter<jaq_core::RunPtr<Kind>>> {
    let filter = || [Bind::Fun(())].into();
    vec![
        ("path", filter(), |mut cv| {
            let (f, context) = cv.0.pop_fun();
            paths(f.paths((context, (cv.1, no_steps()))), |(_, path)| Ok(list(path.iter())))
        }),
        ("path_value", filter(), |mut cv| {
            let (f, context) = cv.0.pop_fun();
            paths(f.paths((context, (cv.1, no_steps()))), |(value, path)| {
                Ok([list(path.iter()), value].into_iter().collect())
            })
        }),
        ("tojson", v(0), |cv| bome(Ok(Val::Str(cv.1.to_json())))),
        ("fromjson", v(0), |cv| bome(from_json(cv.1))),
        ("length", v(0), |cv| bome(length(cv.1))),
        ("contains", v(1), |cv| unary(cv, |value, part| Ok(contains(&value, &part).into()))),
        ("has", v(1), |cv| unary(cv, |value, key| value.found(&key).map(|found| found.is_some().into()))),
        ("indices", v(1), |cv| unary(cv, |value, part| indices(&value, &part))),
        ("bsearch", v(1), |cv| unary(cv, |value, wanted| search(&value, &wanted))),
        ("matches", v(2), |cv| box_once(matches(cv, false, true).map_err(Exn::from))),
        ("split_matches", v(2), |cv| box_once(matches(cv, true, true).map_err(Exn::from))),
        ("split_", v(2), |cv| box_once(matches(cv, true, false).map_err(Exn::from))),
    ]
}

/// What is made of each path, the steps of which are counted.
fn paths<'a, P: 'a>(
    mut all: impl Iterator<Item = Result<P, Exn<'a, Val>>> + 'a,
    made: fn(P) -> ValR,
) -> jaq_core::ValXs<'a, Val> {
    Box::new(std::iter::from_fn(move || {
        let next = meter::in_path(|| all.next())?;
        Some(next.and_then(|path| made(path).map_err(Exn::from)))
    }))
}

/// The path that has none, whose type has no name here.
fn no_steps<T: Default>() -> T {
    T::default()
}

/// A path, which the interpreter has with the last step first.
fn list<'v>(steps: impl Iterator<Item = &'v Val>) -> Val {
    let steps: Vec<Val> = steps.cloned().collect();
    steps.into_iter().rev().collect()
}

fn from_json(value: Val) -> ValR {
    let Val::Str(text) = &value else { return Err(Error::typ(value, "string")) };
    let bytes = text.bytes().clone();
    let failed = |(at, why): read::Wrong| Error::str(format_args!("not JSON: {why} at byte {at} of {value}"));
    let start = read::skip(&bytes, 0);
    let (parsed, end) = read::value(&bytes, start).map_err(failed)?;
    let rest = read::skip(&bytes, end);
    if rest < bytes.len() { Err(failed((rest, "more behind the value"))) } else { Ok(parsed) }
}

fn length(value: Val) -> ValR {
    use jaq_json::Num;
    Ok(match value {
        Val::Null => Val::from(0_usize),
        Val::Num(Num::Int(number)) if number >= 0 => Val::Num(Num::Int(number)),
        Val::Num(number) if number < Num::Int(0) => return -Val::Num(number),
        Val::Num(number) => Val::Num(number),
        Val::Str(text) => Val::from(text.text().chars().count()),
        Val::Arr(list) => Val::from(list.items().len()),
        Val::Obj(object) => Val::from(object.members().len()),
        Val::Bool(_) => return Err(Error::str(format_args!("{value} has no length"))),
    })
}

/// Whether a value is in another: a part of a text, or every member of it in some member.
fn contains(value: &Val, part: &Val) -> bool {
    meter::tick(0);
    match (value, part) {
        (Val::Str(text), Val::Str(part)) => {
            meter::tick(text.bytes().len());
            memchr::memmem::find(text.bytes(), part.bytes()).is_some()
        }
        (Val::Arr(list), Val::Arr(parts)) => {
            parts.items().iter().all(|part| list.items().iter().any(|value| contains(value, part)))
        }
        (Val::Obj(object), Val::Obj(parts)) => {
            parts.members().all(|(name, part)| object.get(name).is_some_and(|value| contains(value, part)))
        }
        (value, part) => value == part,
    }
}

/// Where a value stands in another, counted in characters or elements.
fn indices(value: &Val, part: &Val) -> ValR {
    Ok(match (value, part) {
        (Val::Null, _) => Val::Null,
        (Val::Str(text), Val::Str(part)) => {
            let (text, part) = (text.text(), part.text());
            if part.is_empty() {
                return Ok(std::iter::empty().collect());
            }
            let mut found = Vec::new();
            let (mut from, mut chars) = (0, 0_usize);
            while let Some(at) =
                text.get(from..).and_then(|rest| memchr::memmem::find(rest.as_bytes(), part.as_bytes()))
            {
                meter::tick(at + part.len());
                let before = text.get(from..from + at).unwrap_or_default();
                chars += before.chars().count();
                found.push(Val::from(chars));
                // They may lie over each other.
                let step = text.get(from + at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                from += at + step;
                chars += 1;
            }
            found.into_iter().collect()
        }
        (Val::Arr(list), Val::Arr(part)) => super::access::places(list, part),
        (Val::Arr(list), wanted) => {
            let all = list.items().iter().enumerate();
            all.filter(|(_, value)| *value == wanted).map(|(at, _)| Val::from(at)).collect()
        }
        (value, part) => return Err(Error::index(value.clone(), part.clone())),
    })
}

/// The place of a value in a sorted list; `-1 -` the place where it would go if it is not there.
fn search(value: &Val, wanted: &Val) -> ValR {
    let Val::Arr(list) = value else { return Err(Error::typ(value.clone(), "array")) };
    Ok(Val::from(match list.items().binary_search(wanted) {
        Ok(at) => at.cast_signed(),
        Err(at) => -1 - at.cast_signed(),
    }))
}
