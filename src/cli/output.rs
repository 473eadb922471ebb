//! Where answers go, and in which form.

use super::args::Format;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How a table may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Cells may be wrapped to the width of the terminal.
    pub(super) fitted: bool,
    /// Words may be coloured.
    pub(super) coloured: bool,
}

impl Look {
    /// Neither wrapped nor coloured: for files and pipes.
    pub(super) const PLAIN: Self = Self { fitted: false, coloured: false };

    /// As standard output allows; `NO_COLOR` is honoured.
    pub(super) fn of_stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { fitted: terminal, coloured: terminal && !no_color }
    }

    /// Columns of the terminal; `None` where what is written has no width.
    pub(super) fn width(self) -> Option<usize> {
        let terminal = self.fitted.then(|| Table::new().width().unwrap_or(80));
        terminal.map(usize::from)
    }

    /// A table with this head. Columns whose name is in `numbers` stand to the right.
    pub(super) fn table(self, head: &[&str], numbers: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(head.to_vec());
        if !self.fitted {
            table.set_content_arrangement(ContentArrangement::Disabled);
        } else {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if self.coloured {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for (at, name) in head.iter().enumerate() {
            if let Some(column) = table.column_mut(at) {
                column.set_padding((0, 2));
                if numbers.contains(name) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        table
    }

    /// A cell in a colour, where there are colours.
    pub(super) fn cell(self, text: impl Into<String>, color: Option<Color>) -> Cell {
        let cell = Cell::new_owned(text.into());
        match color.filter(|_| self.coloured) {
            Some(color) => cell.fg(color),
            None => cell,
        }
    }
}

/// The lines of a table, without blanks at their ends.
pub(super) fn lines(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A document in the form that was asked for.
pub(super) fn render<T: Serialize>(
    format: Format,
    document: &T,
    table: impl FnOnce(&T) -> String,
    rows: impl FnOnce(&T) -> Vec<Vec<String>>,
) -> anyhow::Result<String> {
    Ok(match format {
        Format::Table => table(document),
        Format::Json => serde_json::to_string_pretty(document)? + "\n",
        Format::Yaml => serde_saphyr::to_string(document)?,
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in rows(document) {
                writer.write_record(row)?;
            }
            String::from_utf8(writer.into_inner()?)?
        }
    })
}

/// Writes to standard output; that nobody reads on is told by an error of kind broken pipe.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
