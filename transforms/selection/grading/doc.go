// Package grading says how well a selection of images represents its
// collection: it scores the picks against random selections of the same size.
//
// Grade is the mathematics, in memory; package gathering is the pass over the latents
// that brings it its sample. What never enters: Beam, flags, printing, selecting;
// how picks are made, and output files.
//
// # Sample
//
// Images are ordered by the hash of their id. The first ones are the evaluation
// sample, on which everything is measured, the following ones the pool, from
// which random selections are drawn; both are uniform and they have no image in
// common. An evaluated image that is a pick is compared with the other picks, so that
// neither side is measured on itself. A random selection is the beginning of the pool in the
// order of another hash, so a larger one contains a smaller one. Everything
// depends on the ids and the vectors alone: not on the order of the rows, and not on
// the number of processors.
//
// # Figures
//
// With d(x) the distance of image x to the nearest pick, over the evaluation sample:
//
//	quantization  mean of d². Skill is 1 - Q/Q_random (a skill score as of
//	              forecasts), and its interval that over the draws.
//	radius        median, 99th percentile and maximum of d.
//	coverage      share of images with d at most the distance to their k-th
//	              neighbor among the images (Naeem et al., "Reliable Fidelity and
//	              Diversity Metrics for Generative Models", ICML 2020). k is the smallest
//	              for which as many random picks are expected to cover half.
//	MMD²          V-statistic of the squared maximum mean discrepancy (Gretton et al.,
//	              "A Kernel Two-Sample Test", JMLR 2012) of at most 512 picks, kernel
//	              exp(-d²/2σ²), σ the median distance of two images.
//	redundant     share of picks that are nearer to another pick than half of the
//	              images are to any other image.
//	outliers      share of picks that are farther from all images than 99 % of the
//	              images are from all others.
//	equivalent    the number of random images with the same quantization.
//	balance       total variation distance of the shares of a column's values.
//	weighted      MMD² with Σ w·k and Σ w·w'·k in the place of means, and balance with the
//	              sums of w in that of counts: w is the weight of a pick (package weighing),
//	              or of a random image, by the images of the sample.
//	batch         χ² of the picks' counts against the images' shares; p by its
//	              distribution, or by up to 9,999 multinomial draws (999 at least) where an
//	              expected count is below 5.
//	bias          mean percentile of the picks within their groups; see below.
//	criticisms    images at which the witness function of the MMD is large, unlike each other
//	              (Kim, Khanna and Koyejo, "Examples are not enough, learn to criticize!",
//	              NIPS 2016): a greedy choice by w² times the variance that the kernel of those
//	              chosen before leaves.
//	mixture       populations of a group that lie apart; see below.
//	stability     adjusted Rand index (Hubert and Arabie, 1985) of clusters made again.
//
//	again         picks made again by the rule of the selection from other samples; see below.
//
// Coverage, MMD², redundancy, outliers and the equivalent use the first images
// of the evaluation sample, the reference. Draws come from a finite pool without
// replacement: where the picks are not few against the pool, their range is narrower
// than that of selections from the whole collection.
//
// # Bias
//
// The images nearest to a center are average images. Whether the picks are blurred, dim or
// easy to reconstruct is asked for each column of numbers: the percentile of a pick is
// 100·(r-½)/M, r its rank and M the number of images that its group has in the sample,
// evaluated or pool, and among the picks, each image once and equal numbers with the mean of
// their ranks. If the k picks of a group are random images of it, they are a random subset of these M,
// for the sample is random, too. The sum of their ranks then is that of Wilcoxon's rank-sum test,
// with a known mean, 50 for every size and all ties, and known second and third moments, in every
// group; groups are independent (van Elteren's stratified test, "On the combination of
// independent two sample tests of Wilcoxon", 1960, with the weights of the picks). A pick is
// compared with itself neither for nor against it; picks of a group that has no other image are left out.
//
// p is two-sided, by the normal distribution where at least 20 picks are compared, the skewness of their
// mean is at most 0.05 and its excess kurtosis from -0.1 to 0.1; else as many picks are drawn from each group 9,999 times (999 at least).
// The p of all columns of a set are corrected together (Holm, "A simple sequentially
// rejective multiple test procedure", 1979). A group of few images has coarse percentiles,
// nearer to 50 than those of a large one: that hides bias, and feigns none.
//
// Blur is asked for once more by a measure that no way of picking has seen (package looks), of the
// images whose pixels are graded; its p is corrected as that of one more column.
//
// # Other collections
//
// What would have been picked of another such collection? The first 2,048 images of the sample
// (8 for each pick, 4,096 at most) are a coreset: picks are made from it by the rule of the selection
// (package repicking), and again from three parts of 63 % of its images, as many different
// ones as a bootstrap sample has, with another seed each. Counted are the picks that return, and those that
// return or have one of their 1 % nearest images of the coreset among the others. So near an image
// may be by chance: of n random images of m, 1 - C(m-k, n)/C(m, n) of the picks have one of k.
// Hints are tried on the coreset, too: picks by other parameters are held against those by the
// selection's own, both as shares of what 20 random selections have. A collection that doubles is the coreset after its first half: counted are the picks of the half.
//
// # Mixtures
//
// An average of images of different kinds is no image. How far a center lies from
// the nearest images does not tell: the mean of all digits of MNIST is no farther
// from them than that of the digit 4. So a group is searched for populations that
// lie apart, after Koontz and Fukunaga ("A nonparametric valley-seeking technique for
// cluster analysis", IEEE Trans. Computers 1972), one dimension at a time: k-means
// parts of half of its images (24, fewer below 2,400 images) are put together, pair by pair, those
// with the shallowest valley between them first. For the valley, the other half's images
// of the two parts are projected on the line through the parts' means, in coordinates
// in which the covariance within parts is 1 (Fisher's discriminant, with a ridge of half
// the mean variance, as in Friedman's "Regularized discriminant analysis", 1989), and
// counted in windows of half a standard deviation. A distribution with one peak has
// no valley in any direction, whatever its tails, so parts lie apart where the lowest count
// between the means is below half of the highest counts on both sides of it. A group
// is mixed if no population has 80 % of it: fewer strangers shift an average little.
//
// These numbers were chosen on some digits of MNIST, pairs of them and generated
// clouds, and tried on others, which share a part of their images with the first:
// 5 false alarms in 202 groups of one kind, and of 236 mixtures, most of them hard
// ones, 36 missed. Kinds that touch (3, 5 and 8 together) are one population, a kind with
// styles that lie apart is several, and below 400 images nothing is said.
package grading
