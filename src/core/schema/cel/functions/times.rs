//! Parts of points in time and of durations (`cel-go/common/types/{timestamp,duration}.go`).

use super::{Answer, Function, Run, cost, method};
use crate::core::schema::cel::time::Timestamp;
use crate::core::schema::cel::value::{Failure, Outcome, Value};
use jiff::civil::DateTime;

pub(super) const FUNCTIONS: [Function; 20] = [
    method("getFullYear", 1, Run::Plain(year), cost::ONE),
    method("getFullYear", 2, Run::Plain(year), cost::ONE),
    method("getMonth", 1, Run::Plain(month), cost::ONE),
    method("getMonth", 2, Run::Plain(month), cost::ONE),
    method("getDayOfYear", 1, Run::Plain(day_of_year), cost::ONE),
    method("getDayOfYear", 2, Run::Plain(day_of_year), cost::ONE),
    method("getDayOfMonth", 1, Run::Plain(day_of_month), cost::ONE),
    method("getDayOfMonth", 2, Run::Plain(day_of_month), cost::ONE),
    method("getDate", 1, Run::Plain(date), cost::ONE),
    method("getDate", 2, Run::Plain(date), cost::ONE),
    method("getDayOfWeek", 1, Run::Plain(day_of_week), cost::ONE),
    method("getDayOfWeek", 2, Run::Plain(day_of_week), cost::ONE),
    method("getHours", 1, Run::Plain(hours), cost::ONE),
    method("getHours", 2, Run::Plain(hours), cost::ONE),
    method("getMinutes", 1, Run::Plain(minutes), cost::ONE),
    method("getMinutes", 2, Run::Plain(minutes), cost::ONE),
    method("getSeconds", 1, Run::Plain(seconds), cost::ONE),
    method("getSeconds", 2, Run::Plain(seconds), cost::ONE),
    method("getMilliseconds", 1, Run::Plain(milliseconds), cost::ONE),
    method("getMilliseconds", 2, Run::Plain(milliseconds), cost::ONE),
];

fn year<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.year()))
}

fn month<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.month()) - 1)
}

fn day_of_year<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.day_of_year()) - 1)
}

fn day_of_month<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.day()) - 1)
}

fn date<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.day()))
}

fn day_of_week<'a>(values: &[Value<'a>]) -> Answer<'a> {
    part(values, |at| i64::from(at.weekday().to_sunday_zero_offset()))
}

fn hours<'a>(values: &[Value<'a>]) -> Answer<'a> {
    whole(values, 3_600_000_000_000).or_else(|| part(values, |at| i64::from(at.hour())))
}

fn minutes<'a>(values: &[Value<'a>]) -> Answer<'a> {
    whole(values, 60_000_000_000).or_else(|| part(values, |at| i64::from(at.minute())))
}

fn seconds<'a>(values: &[Value<'a>]) -> Answer<'a> {
    whole(values, 1_000_000_000).or_else(|| part(values, |at| i64::from(at.second())))
}

fn milliseconds<'a>(values: &[Value<'a>]) -> Answer<'a> {
    whole(values, 1_000_000).or_else(|| part(values, |at| i64::from(at.subsec_nanosecond()) / 1_000_000))
}

/// How many whole units a duration has.
fn whole<'a>(values: &[Value<'a>], unit: i64) -> Answer<'a> {
    match values {
        [Value::Duration(nanos)] => Some(Ok(Value::Int(nanos / unit))),
        _ => None,
    }
}

fn part<'a>(values: &[Value<'a>], take: impl Fn(DateTime) -> i64) -> Answer<'a> {
    let civil = |at: &Timestamp, offset: i32| -> Outcome<'a> {
        let at = at.civil(offset).ok_or_else(|| Failure::NotEvaluated(format!("an offset of {offset} s")))?;
        Ok(Value::Int(take(at)))
    };
    match values {
        [Value::Timestamp(at)] => Some(civil(at, 0)),
        [Value::Timestamp(at), Value::Text(zone)] => {
            Some(zone_offset(zone).and_then(|offset| civil(at, offset)))
        }
        _ => None,
    }
}

/// Seconds east of UTC. Names of places need the server's own files.
fn zone_offset(zone: &str) -> Result<i32, Failure> {
    let Some((hours, minutes)) = zone.split_once(':') else {
        return match zone {
            "" | "UTC" => Ok(0),
            _ => Err(Failure::NotEvaluated(format!("the time zone {zone}"))),
        };
    };
    let number = |text: &str| -> Result<i32, Failure> {
        let quoted = crate::core::schema::text::quote(text);
        text.parse::<i16>()
            .map(i32::from)
            .map_err(|_| Failure::error(format!("strconv.Atoi: parsing {quoted}: invalid syntax")))
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = if zone.starts_with('-') { hours * 60 - minutes } else { hours * 60 + minutes };
    Ok(total * 60)
}
