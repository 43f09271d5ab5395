//! Reading the files that samples are written in.
//!
//! A file is for one provider. What stands before the first `###` holds for all of its samples. Lines that begin with `@`
//! say what a sample is, other lines are its headers, and behind a blank line stands its body, laid out for reading: JSON is
//! written anew in the style of its sender. See `data/` for what that looks like.

use super::{Content, Sample, write::Style};

/// What a file or one of its samples says.
#[derive(Clone, Default)]
struct Said<'a> {
    marks: Vec<(&'a str, &'a str)>,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Said<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), String> {
        if let Some(mark) = line.strip_prefix('@') {
            let (name, value) = mark.split_once(' ').unwrap_or((mark, ""));
            self.marks.retain(|(own, _)| *own != name);
            self.marks.push((name, value));
            return Ok(());
        }
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("`{line}` is no header"))?;
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name, value));
        Ok(())
    }

    fn mark(&self, name: &str) -> Option<&'a str> {
        self.marks.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }
}

/// The samples of a file; or what is wrong with it.
pub fn samples(provider: &'static str, file: &'static str) -> Result<Vec<Sample>, String> {
    let mut parts = file.split("\n### ");
    let mut all = Said::default();
    for line in parts.next().unwrap_or_default().lines().filter(|line| !line.is_empty()) {
        all.line(line)?;
    }
    parts.map(|part| sample(provider, &all, part).map_err(|why| format!("{provider}: {why}"))).collect()
}

fn sample(provider: &'static str, all: &Said<'static>, part: &'static str) -> Result<Sample, String> {
    let (first, rest) = part.split_once('\n').unwrap_or((part, ""));
    let (name, about) = first.split_once(" — ").ok_or_else(|| format!("`{first}` does not say what it is"))?;
    let mut said = all.clone();
    let (mut body, mut at) = ("", 0);
    for line in rest.split_inclusive('\n') {
        at += line.len();
        let line = line.trim_end();
        if line.is_empty() {
            body = rest.get(at..).unwrap_or_default().trim();
            break;
        }
        said.line(line)?;
    }
    let style = said.mark("style").unwrap_or("compact");
    let found = Style::TABLE.iter().find(|(own, _)| *own == style);
    let (_, style) = found.ok_or_else(|| format!("{name}: no style is called `{style}`"))?;
    let content = match (body, said.mark("form")) {
        ("", _) => Content::Nothing,
        (json, None) => Content::Json(json, *style),
        (fields, Some("")) => Content::Form(fields.lines().filter_map(|line| line.split_once('=')).collect()),
        (json, Some(field)) => Content::FormJson(field, json, *style),
    };
    Ok(Sample {
        provider,
        name,
        about,
        method: said.mark("method").unwrap_or("POST"),
        event: said.mark("event").unwrap_or(name),
        id: said.mark("id").unwrap_or("{{uuid}}"),
        prefix: said.mark("secret").unwrap_or_default(),
        headers: said.headers,
        content,
    })
}
