//! The query of a request.

use crate::core::kubernetes::resource::escape;

/// A query string under construction: empty, or starting with `?`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Query(String);

impl Query {
    /// Adds `name=value`; the value is escaped, the name is one of ours.
    pub(crate) fn add(mut self, name: &str, value: &str) -> Query {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&escape(value));
        self
    }

    /// Adds `name=value` when there is a value.
    pub(crate) fn add_some(self, name: &str, value: Option<&str>) -> Query {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    /// Adds what another query holds.
    pub(crate) fn followed_by(mut self, other: &Query) -> Query {
        if let Some(rest) = other.0.strip_prefix('?') {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(rest);
        }
        self
    }

    /// The text to append to a path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_starts_once_and_escapes_values() {
        let query =
            Query::default().add("fieldSelector", "metadata.name=q").add_some("x", None).add("limit", "5");
        assert_eq!(query.as_str(), "?fieldSelector=metadata.name%3Dq&limit=5");
        let more = Query::default().followed_by(&Query::default()).followed_by(&query).add("x", "1");
        assert_eq!(
            more.followed_by(&query).as_str(),
            format!("{0}&x=1&{1}", query.as_str(), &query.as_str()[1..])
        );
    }
}
