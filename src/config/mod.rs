//! Configuration: layers, checks, template.
