//! What the terminal shows: numbers that people read, tables, and emphasis where it is wanted.

use std::io::{self, IsTerminal};

/// Emphasis for stdout: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    on: bool,
}

impl Style {
    /// As stdout can show it.
    pub fn stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { on: wanted && io::stdout().is_terminal() }
    }

    /// No emphasis.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self { on: false }
    }

    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Less visible than the rest.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 page`, `2 pages`, `1,234 pages`.
pub fn counted(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(value))
}

/// `812 B`, `12.3 KB`, `4.56 MB`: three digits, powers of 1000.
pub fn bytes(value: u64) -> String {
    let units = ["KB", "MB", "GB", "TB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let mut scaled = value as f64 / 1000.0;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let places = if scaled < 9.995 {
        2
    } else if scaled < 99.95 {
        1
    } else {
        0
    };
    format!("{scaled:.places$} {}", units[unit])
}

/// `12 ms`, `3.4 s`, `2 min 05 s`.
pub fn seconds(value: f64) -> String {
    if value < 0.9995 {
        format!("{:.0} ms", value * 1000.0)
    } else if value < 99.95 {
        format!("{value:.1} s")
    } else {
        let whole = value.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// Text in columns.
pub struct Table {
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Table {
    /// A table whose first `left` columns are set flush left and the others flush right.
    pub fn new(left: usize) -> Self {
        Self { rows: Vec::new(), left }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The rows, each ending with a line break, two spaces between columns.
    pub fn render(&self, indent: &str) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = indent.to_owned();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column > 0 {
                    line.push_str("  ");
                }
                let padding = " ".repeat(width - cell.chars().count());
                if column < self.left {
                    line.push_str(cell);
                    line.push_str(&padding);
                } else {
                    line.push_str(&padding);
                    line.push_str(cell);
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "page"), "1 page");
        assert_eq!(counted(1000, "page"), "1,000 pages");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.00 KB");
        assert_eq!(bytes(12_345), "12.3 KB");
        assert_eq!(bytes(999_600), "1.00 MB");
        assert_eq!(bytes(23_456_789), "23.5 MB");
        assert_eq!(seconds(0.0123), "12 ms");
        assert_eq!(seconds(3.44), "3.4 s");
        assert_eq!(seconds(125.2), "2 min 05 s");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(1);
        table.row(["a", "1"]);
        table.row(["long", "1,000"]);
        assert_eq!(table.render("  "), "  a         1\n  long  1,000\n");
    }

    #[test]
    fn a_plain_style_adds_nothing() {
        assert_eq!(Style::plain().bold("x"), "x");
    }
}
