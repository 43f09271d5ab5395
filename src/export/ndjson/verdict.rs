//! Verdicts in lines: the member of a capture, and the line of `creel verify`.

use std::io::{self, Write};

use super::write::line;
use crate::export::json::Json;
use crate::model::Capture;
use crate::signature::{self, Report, Verdict};

/// `"signature":{"scheme":…,"verdict":…}`, or `null` where the sender is not known or does not sign. Reads the body where the
/// verdict is not known yet.
pub(super) fn member(json: &mut Json<impl Write>, capture: &Capture) -> io::Result<()> {
    json.key("signature")?;
    match signature::judge().standing(capture) {
        Some(standing) => {
            json.open('{')?.key("scheme")?.text(standing.scheme)?.key("verdict")?.quoted(standing.verdict.name())?;
            json.close('}')?;
        }
        None => {
            json.plain("null")?;
        }
    }
    Ok(())
}

/// The line of a verdict. Without a report the sender is not known: that is `unsupported`.
pub fn verdict_line(capture: &Capture, report: Option<&Report>) -> String {
    line(512, |out| {
        let finding = report.and_then(Report::decisive);
        let verdict = finding.map_or(Verdict::Unsupported, |finding| finding.verdict);
        let diagnosis = report.and_then(|report| report.diagnosis.as_ref());
        let mut json = Json::new(out);
        json.open('{')?.key("type")?.quoted("verdict")?.key("capture")?.quoted(capture.id)?;
        json.key("provider")?.or_null(report.map(|report| report.provider.name), Json::text)?;
        json.key("scheme")?.or_null(finding.map(|finding| finding.scheme.name), Json::text)?;
        json.key("verdict")?.quoted(verdict.name())?;
        json.key("secret")?.or_null(finding.and_then(|finding| finding.secret.as_deref()), Json::text)?;
        let age = finding.and_then(|finding| finding.age).map(|age| age as f64 / 1000.0);
        json.key("age_s")?.or_null(age, Json::plain)?;
        json.key("diagnosis")?.or_null(diagnosis.map(|diagnosis| diagnosis.what.as_str()), Json::text)?;
        json.key("remedy")?.or_null(diagnosis.map(|diagnosis| diagnosis.remedy.as_str()), Json::text)?;
        json.key("because")?.or_null(finding.and_then(|finding| finding.why.as_deref()), Json::text)?;
        json.key("ill")?.or_null(diagnosis.map(|diagnosis| diagnosis.name), Json::text)?.close('}')?;
        Ok(())
    })
}
