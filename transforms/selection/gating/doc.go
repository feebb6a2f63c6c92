// Package gating is the quality gate: which images may be clustered and picked.
//
// What lives here: the figures that an image is judged by, a mergeable sketch of their
// quantiles, and the rule that turns the quantiles of a collection into thresholds. What
// never enters: Beam, Parquet, files, flags, printing. Package clustering runs the
// passes.
package gating
