//! Readers and writers of the files that people have before they have a `.vsl`.
