// Package aligning turns images so that the object in them lies the same way in all: along one
// axis, its heavier tails to one side. Cells have no up; without it a good part of what a model
// learns of them can be how they happened to lie.
//
// What lives here: the moments of an object and the angle of its axis, the turning of pixels and
// its undoing, and Maker, the one way from a decoded image to what the shards of a collection hold.
// What never enters: Beam, Gorgonia, Parquet, files, records, printing.
//
// # The object
//
// It is what lies above Otsu's threshold of the sum of the channels, whose samples have one full scale;
// below it, where most of the outermost ring of pixels lies above: the ground is bright. A pixel weighs
// as much as it differs from the threshold, so that one that barely passes it counts for nothing. All
// that passes counts, a neighbor within the crop too.
//
// # The turn
//
// The principal axis (of the larger second moment) comes to lie along the longer side of the image, along
// its rows where it is square, in the direction in which the third moment along it is positive: the longer
// tail points to the right, or down. Then, where the third moment across it is negative, the image is
// flipped across. An object whose second moments are equal to RoundRatio has no axis: the direction of its
// heavier side, the mean of r²·(x, y), stands for it; where that vanishes too, the image stays as it is.
// At that bound, and where a third moment passes zero, an object that changes a little can come to lie
// otherwise: no rule without such places exists.
//
// It turns around the center of the image, whose size stays. A sample is interpolated linearly between the
// four pixels around it, and never leaves their range; beyond the edge lies, for each channel, the median of
// the outermost ring: zero of a masked crop, the ground of others. Turns by a multiple of 90 degrees and flips
// copy samples.
//
// # Every processor
//
// Moments are exact integers, the angle is one of 360,000 whole millidegrees, its sine and cosine and all
// positions are integers. What little is computed in floating point between them are sums of products that
// are rounded one by one, and square roots.
package aligning
