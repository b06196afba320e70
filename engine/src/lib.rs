//! One file for the features and masks of medical images.
//!
//! A [`Database`] is one `.vsl` file. It holds images; an image has a key, typed attributes, JSON metadata, and
//! values in named fields. A [`WriteTxn`] changes it, all or nothing; a [`Snapshot`] reads a frozen state of it
//! without copying.
//!
//! What is re-exported here is the library. The modules [`container`], [`format`](mod@format) and [`storage`]
//! are open to tools and tests, and change with the engine.
#![cfg(target_endian = "little")]

pub mod api;
pub mod container;
pub mod error;
pub mod format;
pub mod mask;
pub mod model;
pub mod search;
pub mod storage;

pub use api::AttributeClasses;
pub use api::{
    CompactOptions, ConceptOptions, ConceptQuery, ConceptScores, Database, Durability, HeatMap,
    Image, ImageWriter, IndexInfo, IndexKind, IndexOptions, MakeRegions, Pooling, Probe,
    PromptSetRef, PromptSubset, Recovery, RegionBlock, RegionRef, SegmentRef, ShapeHit, ShapeHits,
    ShapeMetric, Snapshot, SubGrid, TokenHit, Tokens, VectorBlock, WriteTxn,
};
pub use container::verify::Report;
pub use container::view::FeatureMatrix;
pub use error::{Error, Result};
pub use format::bitmap::Bitmap;
pub use mask::codec::Profile as MaskProfile;
pub use mask::{
    Axis, Bounds, FlatSegment, Flattened, LabelValue, MaskExpr, Measures, Overlap, OverlapMatrix,
    Run, RunIter, Runs, RunsError, SegmentValue, TIE_VOXELS, VoxelBox, VoxelShape, WorldBox,
    WorldToVoxel, flatten, split_labels, voxel_mm3,
};
pub use mask::{
    BoxOverlap, CellCoverage, Contact, DirectedDistances, GeometryError, HeatSummary, Neighbours,
    Outline, PairContact, Ring, SurfaceDistances, contact, contacts, heat_under, max_under,
    mean_under, surface_distances,
};
pub use model::{
    AttributeType, Cursor, DefaultMetric, Definition, Dtype, Field, FieldDef, FieldKind,
    GridMapping, PromptSet, Provenance, RegionKey, RegionValue, Schema, Segment, SegmentKey, Space,
    TermCode, TokenData, TokensValue, Value, texts_sha256,
};
pub use search::affine::Affine;
pub use search::analysis::{
    Accuracy, AnalysisOptions, ClassMeans, Classes, ClusterParams, Clustering, Medoid, Outliers,
    Pca, Predicted, Projected,
};
pub use search::concepts::{Average, Label, argmax, softmax, softmax_rows};
pub use search::duplicates::{DuplicateGroup, DuplicateOptions, DuplicatePair, Grouping};
pub use search::kernels::Tier;
pub use search::late::Match;
pub use search::predicate::{Predicate, PredicateError};
pub use search::regions::{Hit, RegionScore};
pub use search::similarity::Metric;
pub use search::top_k::ScoredRow;
pub use search::{Effort, Found, SearchOptions, Work};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
