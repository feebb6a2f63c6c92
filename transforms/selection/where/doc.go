// Package where says which images of a collection a selection is of.
//
// What lives here: the columns that a condition names (Resolve), how their values compare,
// which all of them decide (Types), and which rows satisfy it (Test). What never enters:
// Beam, printing; reading files, the quality gate, and what becomes of the images.
package where
