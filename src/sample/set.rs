//! What is to be otherwise in a sample: `.repository.name=demo`, `.commits[0].id=1`, and `Body=hello` in a form.
//!
//! Decided: a value that is JSON is that (`3`, `true`, `null`, `{"a":1}`), and any other is text; in quotes it is text in
//! any case. Members that are not there are made, elements only at the end of a list; a path that leads through something
//! that has no members is a mistake and nothing is sent.

use serde_json::{Map, Value};

/// The most steps of a path.
const DEEPEST: usize = 64;

/// One thing that is to be otherwise.
#[derive(Clone, PartialEq, Debug)]
pub struct Set {
    written: String,
    place: Place,
    value: String,
}

#[derive(Clone, PartialEq, Debug)]
enum Place {
    Json(Vec<Step>),
    Field(String),
}

#[derive(Clone, PartialEq, Debug)]
enum Step {
    Key(String),
    At(usize),
}

impl std::str::FromStr for Set {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('.') {
            let (field, value) = text.split_once('=').ok_or("it is written .path=value, or field=value for a form")?;
            if field.is_empty() {
                return Err("there is no field before the =".to_owned());
            }
            return Ok(Self {
                written: field.to_owned(),
                place: Place::Field(field.to_owned()),
                value: value.to_owned(),
            });
        }
        let (steps, rest) = path(text)?;
        let value = rest.strip_prefix('=').ok_or("behind the path stands = and the value")?;
        let written = text.get(..text.len() - rest.len()).unwrap_or_default().to_owned();
        Ok(Self { written, place: Place::Json(steps), value: value.to_owned() })
    }
}

/// The steps of a path, and what stands behind them. `.` alone is the whole.
fn path(text: &str) -> Result<(Vec<Step>, &str), String> {
    let (mut steps, mut rest) = (Vec::new(), text);
    loop {
        if steps.len() > DEEPEST {
            return Err(format!("the path has more than {DEEPEST} steps"));
        }
        if let Some(after) = rest.strip_prefix(".\"") {
            let quoted = rest.get(1..).unwrap_or_default();
            let mut read = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
            let key = read.next().and_then(Result::ok).ok_or("a quote in the path is not closed")?;
            let used = read.byte_offset();
            steps.push(Step::Key(key));
            rest = after.get(used.saturating_sub(1)..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix("[").or_else(|| rest.strip_prefix(".[")) {
            let (number, behind) = after.split_once(']').ok_or("a [ in the path is not closed")?;
            steps.push(Step::At(number.parse().map_err(|_| "between [ and ] stands a number from 0")?));
            rest = behind;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[', '=']).unwrap_or(after.len());
            let (key, behind) = after.split_at_checked(end).unwrap_or((after, ""));
            if key.is_empty() {
                return if steps.is_empty() && behind.starts_with('=') {
                    Ok((steps, behind))
                } else {
                    Err("a . in the path has no name behind it; a name with other signs stands in quotes".to_owned())
                };
            }
            steps.push(Step::Key(key.to_owned()));
            rest = behind;
        } else {
            return Ok((steps, rest));
        }
    }
}

impl Set {
    /// Makes it so in a JSON body.
    pub fn apply(&self, body: &mut Value) -> Result<(), String> {
        let Place::Json(steps) = &self.place else {
            return Err(format!("--set {}: the body is JSON, so this is written .{}", self.written, self.written));
        };
        let mut at = body;
        for step in steps {
            at = match (step, at) {
                (Step::Key(key), Value::Object(members)) => members.entry(key.clone()).or_insert(Value::Null),
                (Step::Key(key), at @ Value::Null) => {
                    *at = Value::Object(Map::new());
                    let Value::Object(members) = at else { return Ok(()) };
                    members.entry(key.clone()).or_insert(Value::Null)
                }
                (Step::At(number), Value::Array(elements)) => {
                    if *number == elements.len() {
                        elements.push(Value::Null);
                    }
                    let length = elements.len();
                    elements.get_mut(*number).ok_or_else(|| {
                        format!("--set {}: the list has {length} elements, so there is no [{number}]", self.written)
                    })?
                }
                (step, other) => {
                    let wanted = if matches!(step, Step::Key(_)) { "members" } else { "elements" };
                    return Err(format!(
                        "--set {}: it leads through {}, which has no {wanted}",
                        self.written,
                        kind(other)
                    ));
                }
            };
        }
        *at = serde_json::from_str(&self.value).unwrap_or_else(|_| Value::String(self.value.clone()));
        Ok(())
    }

    /// Makes it so in a form.
    pub fn apply_to_form(&self, fields: &mut Vec<(String, String)>) -> Result<(), String> {
        let Place::Field(name) = &self.place else {
            return Err(format!(
                "--set {}: the body is a form, so this is written as a field: Body=hello",
                self.written
            ));
        };
        match fields.iter_mut().find(|(own, _)| own == name) {
            Some((_, value)) => value.clone_from(&self.value),
            None => fields.push((name.clone(), self.value.clone())),
        }
        Ok(())
    }

    /// Whether it is of JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.place, Place::Json(_))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn set(text: &str) -> Result<Value, String> {
        let mut body = json!({"a": {"b": [1, 2]}, "c": "x", "d": null});
        text.parse::<Set>()?.apply(&mut body)?;
        Ok(body)
    }

    #[test]
    fn values_are_json_or_text() {
        for (text, pointer, value) in [
            (".c=demo", "/c", json!("demo")),
            (".c=3", "/c", json!(3)),
            (".c=\"3\"", "/c", json!("3")),
            (".c=null", "/c", Value::Null),
            (".c=", "/c", json!("")),
            (".c=a=b", "/c", json!("a=b")),
            (".a.b[1]={\"x\":1}", "/a/b/1", json!({"x": 1})),
            (".a.b[2]=3", "/a/b/2", json!(3)),
            (".d.e.f=1", "/d/e/f", json!(1)),
            (".new.\"a.b\\\"=\"[0]", "", Value::Null),
            (".\"a.b\"=1", "/a.b", json!(1)),
            (".=1", "", json!(1)),
        ] {
            match set(text) {
                Ok(body) => assert_eq!(body.pointer(pointer), Some(&value), "{text}"),
                Err(why) => assert_eq!(value, Value::Null, "{text} {why}"),
            }
        }
    }

    #[test]
    fn what_leads_nowhere_is_said() {
        for (text, why) in [
            ("c", "it is written .path=value, or field=value for a form"),
            (".c", "behind the path stands = and the value"),
            (".c.x=1", "--set .c.x: it leads through a text, which has no members"),
            (".a[0]=1", "--set .a[0]: it leads through an object, which has no elements"),
            (".a.b[7]=1", "--set .a.b[7]: the list has 2 elements, so there is no [7]"),
            (".a..b=1", "a . in the path has no name behind it; a name with other signs stands in quotes"),
            (".a[x]=1", "between [ and ] stands a number from 0"),
            ("c=1", "--set c: the body is JSON, so this is written .c"),
        ] {
            assert_eq!(set(text).unwrap_err(), why, "{text}");
        }
        let mut form = vec![("Body".to_owned(), "a".to_owned())];
        "Body=b=c".parse::<Set>().unwrap().apply_to_form(&mut form).unwrap();
        "To=d".parse::<Set>().unwrap().apply_to_form(&mut form).unwrap();
        assert_eq!(form, [("Body".to_owned(), "b=c".to_owned()), ("To".to_owned(), "d".to_owned())]);
        assert!(".Body=b".parse::<Set>().unwrap().apply_to_form(&mut form).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(\\.|\\[|\\]|=|\"|a|0|é|\\\\){0,20}") {
            let _ = set(&text);
        }

        #[test]
        fn any_name_and_any_text_are_set(key in any::<String>(), value in any::<String>()) {
            let text = format!(".{}={}", Value::String(key.clone()), Value::String(value.clone()));
            let body = set(&text).unwrap();
            prop_assert_eq!(body.get(&key), Some(&Value::String(value)));
        }
    }
}
