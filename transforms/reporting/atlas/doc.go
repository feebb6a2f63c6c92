// Package atlas draws vectors of many dimensions in two: by principal components,
// or by a neighbor embedding, and says how far the drawing can be trusted.
//
// What lives here: the mathematics. What never enters: Beam, Parquet, files, flags,
// printing, tfrecord, data, run, selection, store; drawing, and which vectors are drawn.
//
// Vectors are rows of d finite numbers, one after the other. Results depend on
// them, on their order and on a seed, not on GOMAXPROCS.
//
// # Methods
//
// PCA: K. Pearson, Philosophical Magazine 2 (1901), 559.
//
// UMAP: L. McInnes, J. Healy, J. Melville, UMAP: uniform manifold approximation
// and projection for dimension reduction, arXiv:1802.03426 (2018). Neighbors are
// exact, the start is the PCA, and stochastic gradient descent is sequential.
//
// t-SNE: L. van der Maaten, G. Hinton, Visualizing data using t-SNE, Journal of Machine
// Learning Research 9 (2008), 2579; with the learning rate of A. C. Belkina et al.,
// Nature Communications 10 (2019), 5415, and the start at the PCA of D. Kobak,
// P. Berens, ibid., 5416. It is exact, without trees or grids.
//
// Trustworthiness: J. Venna, S. Kaski, Neighborhood preservation in nonlinear
// projection methods, ICANN 2001, 485.
package atlas

import (
	"runtime"
	"sync/atomic"

	"exemplar/schemas/caught"
)

// parallel calls f for 0 to n-1 on all processors.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var wg caught.Group
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
