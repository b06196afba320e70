//! One file for the features and masks of medical images.
