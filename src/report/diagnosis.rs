//! What the cluster says about a pod in trouble, as lines.

use crate::core::rollout::{Evidence, PodEvent};
use crate::core::text::without_colors;

/// Longest text of one event or log line that is shown, in characters.
const LINE_WIDTH: usize = 500;

/// The events, then the log lines; nothing where there is neither.
pub fn lines(evidence: &Evidence) -> Vec<String> {
    let Evidence { pod, events, container, log } = evidence;
    let mut lines = Vec::new();
    if !events.is_empty() {
        lines.push(format!("last events of pod {pod}:"));
        lines.extend(events.iter().map(|event| format!("  {}", event_line(event))));
    }
    if let Some(container) = container.as_ref().filter(|_| !log.is_empty()) {
        lines.push(format!("last log lines of container {container}:"));
        lines.extend(log.iter().map(|line| format!("  {}", shortened(&without_colors(line)))));
    }
    lines
}

fn event_line(event: &PodEvent) -> String {
    let PodEvent { kind, reason, count, message } = event;
    let times = if *count > 1 { format!(" (x{count})") } else { String::new() };
    format!("{kind} {reason}{times}: {}", shortened(message))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE_WIDTH) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_before_the_log_and_long_lines_are_cut() {
        let event = |count: i64, message: &str| PodEvent {
            kind: "Warning".to_owned(),
            reason: "BackOff".to_owned(),
            count,
            message: message.to_owned(),
        };
        let evidence = Evidence {
            pod: "q-1".to_owned(),
            events: vec![event(1, "once"), event(3, &"é".repeat(501))],
            container: Some("vllm".to_owned()),
            log: vec!["\u{1b}[1;36m(EngineCore pid=7)\u{1b}[0;0m ValueError".to_owned()],
        };
        let long = format!("  Warning BackOff (x3): {}...", "é".repeat(500));
        assert_eq!(
            lines(&evidence),
            [
                "last events of pod q-1:",
                "  Warning BackOff: once",
                &long,
                "last log lines of container vllm:",
                "  (EngineCore pid=7) ValueError",
            ]
        );
        assert_eq!(lines(&Evidence::default()), [""; 0]);
        let silent = Evidence { container: Some("vllm".to_owned()), ..Evidence::default() };
        assert_eq!(lines(&silent), [""; 0]);
    }
}
