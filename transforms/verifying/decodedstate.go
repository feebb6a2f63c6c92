package verifying

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// checkState checks what the state folder, which may be removed, says of the parts: that
// their lists are images.csv, that their counts add up, and the fingerprint of all. It
// reports whether all parts are there.
func (d *decodedCheck) checkState(ctx context.Context) (whole bool, err error) {
	n, err := d.parts(ctx)
	if err != nil || n == 0 {
		return false, err
	}
	in, err := store.Open(ctx, store.Join(d.dir, schemas.DecodedCSV))
	if err != nil {
		return false, err
	}
	defer in.Close() // only read
	table := bufio.NewReader(in)
	if _, err := table.ReadString('\n'); err != nil {
		return false, nil // damaged, as was said
	}
	var sum schemas.DecodedPart
	var fingerprints []string
	whole = true
	for i := range n {
		name := schemas.PartName(schemas.DecodedParts, i, n)
		part, ok, err := readState[schemas.DecodedPart](ctx, d.dir, name, d.report)
		if err != nil {
			return false, err
		}
		if !ok {
			whole = false
			break
		}
		if err := d.checkPart(ctx, schemas.StateDir+"/"+name, i, n, part, table); err != nil {
			return false, err
		}
		sum.Vectors, sum.Images, sum.Bytes, sum.Clipped = sum.Vectors+part.Vectors, sum.Images+part.Images, sum.Bytes+part.Bytes, sum.Clipped+part.Clipped
		sum.Errors = append(sum.Errors, part.Errors...)
		fingerprints = append(fingerprints, part.Fingerprint)
	}
	if !whole {
		return false, nil
	}
	m := d.m
	if sum.Vectors != m.Vectors || sum.Images != m.Images || sum.Bytes != m.Bytes || sum.Clipped != m.Clipped || int64(len(sum.Errors)) != m.Rejected {
		d.report.problemf(schemas.DecodedFile, "%d vectors, %d images, %d bytes, %d clipped, %d rejected, the parts in %s have %d, %d, %d, %d, %d", m.Vectors, m.Images, m.Bytes, m.Clipped, m.Rejected,
			store.Join(d.dir, schemas.StateDir), sum.Vectors, sum.Images, sum.Bytes, sum.Clipped, len(sum.Errors))
	}
	want, err := outdir.Fingerprint(m.Parameters, m.Latents, fingerprints)
	if err == nil && want != m.Fingerprint {
		d.report.problemf(schemas.DecodedFile, "fingerprint is %s, the parts in %s give %s", m.Fingerprint, store.Join(d.dir, schemas.StateDir), want)
	}
	return true, err
}

// parts returns how many parts the names in the state folder speak of.
func (d *decodedCheck) parts(ctx context.Context) (n int, err error) {
	for obj, err := range store.ListThere(ctx, store.Join(d.dir, schemas.StateDir), false) {
		if err != nil {
			return 0, err
		}
		if kind, _, of, ext, ok := schemas.ParseName(store.Base(obj.Name)); ok && kind == schemas.DecodedParts && ext == "json" {
			n = max(n, of)
		}
	}
	return n, nil
}

// checkPart compares the result of a part with its list, and that with what comes next in
// the table.
func (d *decodedCheck) checkPart(ctx context.Context, file string, i, n int, part schemas.DecodedPart, table io.Reader) error {
	if part.Part != i || part.List.File != schemas.DecodedListName(i, n) || part.Vectors != part.Images+int64(len(part.Errors)) {
		d.report.problemf(file, "part %d with the list %s and %d vectors, want part %d, %s and %d", part.Part, part.List.File, part.Vectors, i,
			schemas.DecodedListName(i, n), part.Images+int64(len(part.Errors)))
		return nil
	}
	if there, err := store.Exists(ctx, store.Join(d.dir, part.List.File)); err != nil {
		return err
	} else if there {
		if _, err := checkFile(ctx, d.dir, part.List.File, part.List.Bytes, part.List.SHA256, file, d.report); err != nil {
			return err
		}
	}
	h := sha256.New()
	if _, err := io.CopyN(h, table, part.List.Bytes); err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", schemas.DecodedCSV, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != part.List.SHA256 {
		d.report.problemf(file, "the list has the sha256 %s, these lines of %s have %s", part.List.SHA256, schemas.DecodedCSV, got)
	}
	return nil
}
