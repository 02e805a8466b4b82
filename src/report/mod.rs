//! Presentation of results: human lines, JSON and other layouts, to any writer.
