//! What a shape says to the judge, read once: spans are many, their shapes few.

use super::Node;
use crate::judge::class::{self, Class};
use crate::model::{Kind, Name, Shape, ShapeId, Shapes, Status};

/// What is the same for all spans of a shape.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// `service.name`.
    pub service: Name,
    /// Of [`Node`]: those that do not depend on other spans.
    pub flags: u16,
    /// Span kind.
    pub kind: Kind,
    /// As a span inside an execution.
    pub class: Class,
}

impl Reading {
    fn of(shape: &Shape) -> Self {
        let class = class::class(shape, false);
        Self { service: shape.service, flags: flags(shape, class), kind: shape.kind, class }
    }
}

/// Readings by shape; as many as there are shapes, whose number is limited where they are made.
#[derive(Debug, Default)]
pub struct Readings(Vec<Option<Reading>>);

impl Readings {
    /// What this shape says.
    #[inline]
    pub fn of(&mut self, id: ShapeId, shapes: &Shapes) -> Reading {
        match self.0.get(id.0 as usize) {
            Some(Some(known)) => *known,
            _ => self.read(id, shapes),
        }
    }

    #[cold]
    fn read(&mut self, id: ShapeId, shapes: &Shapes) -> Reading {
        let reading = Reading::of(shapes.get(id));
        let at = id.0 as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, None);
        }
        self.0[at] = Some(reading);
        reading
    }
}

fn flags(shape: &Shape, class: Class) -> u16 {
    let silent = shape.kind == Kind::Internal && shape.status == Status::Unset && class == Class::Ok;
    let all = [
        (silent, Node::SILENT),
        (class::is_timeout(shape), Node::TIMEOUT),
        (class::is_unreachable(shape), Node::UNREACHABLE),
        (class::is_saturated(shape), Node::SATURATED),
        (class::was_answered(shape), Node::ANSWERED),
        (class::is_echo(shape), Node::ECHO),
        (shape.resend, Node::RESEND),
        (shape.receives, Node::RECEIVES),
        (!shape.tags.failed.is_empty(), Node::FAILED),
        (!shape.tags.entries.is_empty(), Node::ENTRY),
    ];
    all.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag)
}
