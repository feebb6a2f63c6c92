package selecting

import (
	"archive/zip"
	"bytes"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
)

// writeNPZ renders the centers as a NumPy archive. Entries are stored without times, so
// equal centers give equal bytes.
func writeNPZ(p *schemas.SelectionParameters, centers []schemas.Center) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, a := range tables.Arrays(p, centers) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: a.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(append(a.Header, a.Data...)); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
