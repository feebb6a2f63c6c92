package vectors

import "exemplar/transforms/data/vectors/vectorstest"

var (
	writeTable = vectorstest.WriteTable
	write      = vectorstest.Write
	cells      = vectorstest.Cells
	npyFile    = vectorstest.NPY
)
