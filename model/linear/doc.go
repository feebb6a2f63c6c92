// Package linear trains the closed-form linear autoencoder: principal component
// analysis of average-pooled images. Among all linear encoder and decoder pairs
// it has the least squared error on the pooled images (Baldi & Hornik 1989), so
// it is the baseline that other autoencoders are compared with.
//
// # Method
//
// Images are averaged over the cells of the working size (model.Pool, what the
// compiled model computes). One pass over the images finds the mean. Then
// randomized subspace iteration on the covariance (Halko, Martinsson & Tropp
// 2011): each pass multiplies the covariance with an orthonormal basis of
// Latent+Oversample columns, without ever forming it, and the last one ends in a
// Rayleigh–Ritz step, which gives the components and their variances. With a
// basis as wide as the pooled image that is the exact eigendecomposition.
//
// Components are in the order of falling variance; of each the loading with the
// largest magnitude is positive. Latents are the raw scores: they are not
// scaled, so distances between latents are distances between pooled images.
//
// # Reproducible, in bounded memory
//
// Shards are read on all cores. Each gives float64 partial sums, which are added
// in the order of the shards: the bytes of the model do not depend on
// GOMAXPROCS, nor on the processor (package algebra, normal numbers of package
// normal). Memory is a few sums of (pooled size) x (basis width) a core, and
// a cache of pooled images that saves reading the shards again, of fixed size.
//
// What lives here: the mathematics. What never enters: files, flags, model/training.
package linear
