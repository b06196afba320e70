//! What the features of a field are like as a whole: clusters, principal components, outliers, the row in the middle,
//! and how well neighbours tell a class.
//!
//! Each question goes over the vectors of a vector field, or the features of one region, that are alive and let
//! through by a filter. Rows are in ascending order in every answer. The answers are the same bits for any number of
//! threads and on any machine.

mod classes;
mod clusters;
mod medoid;
mod neighbours;
mod options;
mod outliers;
mod pca;
mod source;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;
mod vote;

pub use classes::{ClassMeans, Classes, class_means};
pub use clusters::{ClusterParams, Clustering, cluster};
pub use medoid::{Medoid, medoid};
pub use neighbours::{Among, NEIGHBOURS_MAX};
pub use options::AnalysisOptions;
pub use outliers::{Outliers, outliers};
pub use pca::{COMPONENTS_MAX, DIM_MAX, Pca, Projected, pca, project};
pub use vote::{Accuracy, Predicted, accuracy, predict};

/// Told the steps done and the steps in all; false stops the work with [`crate::Error::Cancelled`].
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;
