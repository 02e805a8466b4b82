//! The logs of containers: the end of one, and a stream of what is written to it.

use futures::stream::{self, BoxStream, StreamExt as _};

use super::connection::Cluster;
use super::error::ClusterError;
use super::read::reading;
use super::transport::Call;
use super::transport::lines::{LineEnd, Lines};
use super::transport::query::Query;
use crate::core::kubernetes::resource::POD;

/// Most bytes of a container's log that are read at once.
const LOG_LIMIT: usize = 1024 * 1024;
/// Longest line of a followed log that is kept, in bytes.
const LINE_LIMIT: usize = 64 * 1024;

/// Which part of a container's log is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// At most so many lines from the end.
    pub tail_lines: Option<u32>,
    /// The log of the container before its last restart.
    pub previous: bool,
}

/// A line of a followed log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Whether it was longer than is kept.
    pub cut: bool,
}

/// The lines of a followed log. It ends with the container, or with an error as its last item.
pub type LogStream = BoxStream<'static, Result<LogLine, ClusterError>>;

impl Cluster {
    /// The end of a container's log, at most 1 MiB; bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// A pod or container that is not there or has not started, missing rights, a connection that broke.
    pub async fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        options: LogOptions,
    ) -> Result<String, ClusterError> {
        let query = Query::default().add("limitBytes", &LOG_LIMIT.to_string());
        let call = log_call(namespace, pod, container, options, query);
        let mut bytes = self.transport.request(&call).await?.body;
        bytes.truncate(LOG_LIMIT);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Follows a container's log, line by line, from the part that the options name. Nothing is sent before the first line
    /// is asked for; dropping the stream ends it.
    pub fn follow_log(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        options: LogOptions,
    ) -> LogStream {
        let query = Query::default().add("follow", "true");
        let call = log_call(namespace, pod, container, options, query);
        let (cluster, path) = (self.clone(), call.path);
        let namespace = namespace.to_owned();
        let start = async move {
            let call = reading("get", &POD, Some(&namespace), path, "*/*");
            let body = cluster.transport.stream(&call).await?;
            Ok((cluster, Lines::of(body, LINE_LIMIT)))
        };
        stream::once(start)
            .flat_map(|started| match started {
                Ok((cluster, lines)) => stream::unfold(Some((cluster, lines)), next_line).boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            })
            .boxed()
    }
}

async fn next_line(
    open: Option<(Cluster, Lines)>,
) -> Option<(Result<LogLine, ClusterError>, Option<(Cluster, Lines)>)> {
    let (cluster, mut lines) = open?;
    match lines.next().await {
        Ok(line) => {
            let line = line?;
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            Some((Ok(LogLine { text, cut: line.end == LineEnd::Limit }), Some((cluster, lines))))
        }
        Err(error) => Some((Err(cluster.transport.unreachable(&error)), None)),
    }
}

fn log_call<'a>(
    namespace: &'a str,
    pod: &str,
    container: Option<&str>,
    options: LogOptions,
    query: Query,
) -> Call<'a> {
    let LogOptions { tail_lines, previous } = options;
    let own = Query::default()
        .add_some("container", container)
        .add_some("tailLines", tail_lines.map(|lines| lines.to_string()).as_deref())
        .add_some("previous", previous.then_some("true"))
        .followed_by(&query);
    let path = format!("{}/log{}", POD.path(Some(namespace), Some(pod)), own.as_str());
    // Errors come as a Status in JSON even so.
    reading("get", &POD, Some(namespace), path, "*/*")
}
