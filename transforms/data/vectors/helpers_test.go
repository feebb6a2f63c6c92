package vectors

import "exemplar/transforms/data/vectors/vectorstest"

type cell = vectorstest.Cell

var (
	writeTable = vectorstest.WriteTable
	write      = vectorstest.Write
	cells      = vectorstest.Cells
	npyFile    = vectorstest.NPY
)
