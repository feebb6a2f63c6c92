// Package picking chooses images from the candidates of the groups of a set: the
// groups of one scope, with one center and one metric.
//
// What lives here: which candidates are picked, in which order, and which were passed
// over and why. Candidates and their vectors come in, picks go out. What never enters:
// Beam, Parquet, files, printing; how candidates and centers are found.
//
// # Order
//
// Each group first gets its fixed picks (of an earlier selection, or asked for by
// the user), in their order; where earlier picks were struck out, the others keep their
// ranks, and new picks of the group take those of the struck. Then picks are made one at a time. The group whose
// turn it is has the largest weight / (picks + 1/2) of those that may still grow:
// the method of Webster and Sainte-Laguë, with weight 1, the number of its images,
// or the square root of that. With a budget of one or more picks a group, each
// gets one before any gets two. Of equal groups the larger one comes first, then
// the one that is listed first. So a group that runs out of candidates leaves its
// share of a budget to the others.
//
// A group picks the nearest candidate to its center that is allowed (Nearest), or
// the one that adds most to the facility location of the group's sample
// (Facility). Representative picks are chosen for all groups together, and a group
// has as many as come to lie in it; see below. A candidate is not allowed if it has the
// pixels of an image that the set has already, lies as near to one as near duplicates
// do (see Threshold), or nearer than the minimum distance.
//
// # Range
//
// Spread picks at positions among the distances of a group (range.go): the nearest, those at
// the quartiles of the inliers, the farthest inliers, and outliers. SpreadOf says of sorted distances where these are; whoever
// gathers candidates keeps the first of each position by the distance to it (Listed.OfferAt).
//
// # Candidates of the middle
//
// The images nearest to a center are average ones, in quality as well. Middles finds for each
// group which numbers of the quality columns its middle half has, and whoever gathers candidates
// leaves out what a Range does not have; where a group has fewer such images than picks, its range is wider.
//
// # Representative picks
//
// What represents a collection is near to every image, and distributed as the images
// are. Neither follows from the other: the images that lower the error most lie where
// images are rare, up to forty times as far from the collection in energy distance as
// random ones. So a sum of both is lowered (search), by exchange of picks, with a
// third term for the quality of the images: those near to centers of an autoencoder
// are smooth, dim and easy to reconstruct.
//
// The sample is drawn by the hash of image ids, so that it is one of the whole scope;
// it is kept in memory with all its distances, 64 MiB for 4,096 images. The search
// begins with greedy facility location, so that no seed decides but that of the sample.
// Picks are ranked by the distance to the center of the group that they lie in.
//
// # Same picks whatever the order
//
// Equal distances and gains are decided by the image id, and every sum is taken
// in the order of the image ids. So the picks depend on the candidates alone.
package picking
