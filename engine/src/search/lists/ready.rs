//! A query, turned and cut into tables.

use super::super::kernels::bits::QueryTables;
use super::super::kernels::{Kernel, Row};
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use half::slice::HalfFloatSliceExt;

/// A vector about the centre, turned, and what is made of it. Memory that is used again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    /// The turned vector `[P]`.
    pub(super) turned: Vec<f32>,
    /// Its squared length.
    pub(super) squared: f32,
    /// As bytes, and what one of them is worth.
    pub(super) bytes: Vec<i8>,
    pub(super) byte: f32,
    /// Its tables.
    pub(super) tables: QueryTables,
    /// For the inner product, that of the query with the centre.
    pub(super) constant: f32,
    room: Vec<f32>,
}

impl Ready {
    /// A query: under the inner product turned as it is, else about the centre.
    pub(super) fn query(
        &mut self,
        kernel: Kernel,
        rotation: &Rotation,
        metric: Metric,
        centre: &[f32],
        query: &[f32],
    ) {
        self.place(kernel, rotation, metric, Row::F32(query));
        if metric == Metric::InnerProduct {
            self.constant = kernel.dot(centre, Row::F32(query)).unwrap_or(0.0);
        } else {
            self.constant = 0.0;
            self.centre(centre);
        }
        self.turn(kernel, rotation);
        self.tables(kernel);
    }

    /// A row: turned about the centre, without tables.
    pub(super) fn row(
        &mut self,
        kernel: Kernel,
        rotation: &Rotation,
        metric: Metric,
        centre: &[f32],
        row: Row<'_>,
    ) {
        self.place(kernel, rotation, metric, row);
        self.centre(centre);
        self.turn(kernel, rotation);
    }

    /// A vector that is turned already.
    pub(super) fn turned(&mut self, kernel: Kernel, turned: &[f32]) {
        self.turned.clear();
        self.turned.extend_from_slice(turned);
        self.squared = squared(kernel, &self.turned);
        self.tables(kernel);
    }

    /// The row as f32 with zeros behind it; under the cosine, of length 1.
    pub(super) fn place(&mut self, kernel: Kernel, rotation: &Rotation, metric: Metric, row: Row<'_>) {
        self.turned.clear();
        self.turned.resize(rotation.padded(), 0.0);
        let len = match row {
            Row::F32(row) => row.len(),
            Row::F16(row) => row.len(),
        };
        let Some(to) = self.turned.get_mut(..len) else { return };
        match row {
            Row::F32(row) => to.copy_from_slice(row),
            Row::F16(row) => row.convert_to_f32_slice(to),
        }
        if metric == Metric::Cosine {
            let length = squared(kernel, to).sqrt();
            if length > 0.0 {
                for value in to {
                    *value /= length;
                }
            }
        }
    }

    fn centre(&mut self, centre: &[f32]) {
        for (value, centre) in self.turned.iter_mut().zip(centre) {
            *value -= centre;
        }
    }

    fn turn(&mut self, kernel: Kernel, rotation: &Rotation) {
        self.room.resize(rotation.padded(), 0.0);
        rotation.apply(&mut self.turned, &mut self.room);
        self.squared = squared(kernel, &self.turned);
    }

    /// Tables and bytes of what is turned.
    pub(super) fn tables(&mut self, kernel: Kernel) {
        kernel.fill_tables(&mut self.tables, &self.turned);
        self.byte = to_bytes(kernel, &self.turned, &mut self.bytes);
    }
}

/// A vector as bytes; returns what one of them is worth.
pub(super) fn to_bytes(kernel: Kernel, values: &[f32], bytes: &mut Vec<i8>) -> f32 {
    bytes.resize(values.len(), 0);
    kernel.quantise(values, bytes)
}

/// The squared length.
pub(super) fn squared(kernel: Kernel, values: &[f32]) -> f32 {
    kernel.dot(values, Row::F32(values)).unwrap_or(f32::NAN)
}
