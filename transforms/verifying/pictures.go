package verifying

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// checkImages checks the picked originals: that each is named for its pick and
// holds the pixels that were encoded, and the table beside them.
func (s *selection) checkImages(ctx context.Context, r *Report) error {
	front := len(tableFiles) + 1
	if s.m.Parameters.Labels != "" {
		front++
	}
	if !s.m.Images || len(s.m.Files) != front+len(s.picks)+len(assignmentFiles(s.m)) {
		return nil // the numbers were compared with the manifest's
	}
	names := make([]string, len(s.picks))
	folders := map[string]string{} // by folder <scope>/<group>: the group in it
	for i, p := range s.picks {
		file := s.m.Files[front+i].File
		names[i] = strings.TrimPrefix(file, schemas.ImagesDir+"/")
		dir := path.Dir(path.Dir(path.Dir(file)))
		if group, taken := folders[dir]; taken && group != p.GroupID {
			r.problemf(file, "groups %s and %s share a folder", group, p.GroupID)
		}
		folders[dir] = p.GroupID
		if !namedFor(file, p) {
			r.problemf(file, "is in the place of image %q, rank %d of group %s", p.ImageID, p.Rank, p.GroupID)
		}
	}
	table := schemas.ImagesDir + "/" + schemas.MetadataCSV
	data, err := store.ReadFile(ctx, store.Join(s.dir, table))
	if err != nil {
		return err
	}
	compareCSV(table, data, s.picks, s.m.Metadata, names, r)
	return forEach(ctx, len(s.picks), func(ctx context.Context, i int) error {
		return s.checkPixels(ctx, s.m.Files[front+i].File, s.picks[i], r)
	})
}

// namedFor reports whether an image file is named for its pick,
// images/<scope>/<group>/<center>/<metric>/001__name.tif. Characters that file
// systems do not take are replaced in group and name, and a hash is behind them.
func namedFor(file string, p schemas.Pick) bool {
	parts := strings.Split(file, "/")
	if len(parts) != 6 {
		return false
	}
	group, hashed := parts[2], fmt.Sprintf("~%.8s", outdir.SHA256([]byte(p.GroupID)))
	rank, _, ok := strings.Cut(parts[5], "__")
	return ok && parts[0] == schemas.ImagesDir && parts[1] == schemas.ScopeFolder(p.Scope) && parts[3] == p.Center && parts[4] == p.Metric &&
		(group == p.GroupID || strings.HasSuffix(group, hashed)) &&
		len(rank) >= 3 && strings.TrimLeft(rank, "0") == fmt.Sprint(p.Rank)
}

// checkPixels compares the pixels of a picked original with the hash of those
// that were encoded.
func (s *selection) checkPixels(ctx context.Context, file string, p schemas.Pick, r *Report) error {
	data, err := store.ReadFile(ctx, store.Join(s.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // said by checkFile
	}
	if err != nil {
		return err
	}
	im, err := images.Decode(file, data, images.Options{Limits: images.Limits{MaxPixels: images.DefaultMaxPixels}})
	if err != nil {
		r.problemf(file, "cannot be decoded: %v", err)
		return nil
	}
	if got := outdir.SHA256(im.Pixels); got != p.SHA256 {
		r.problemf(file, "sha256 of its pixels is %s, that of image %q is %s", got, p.ImageID, p.SHA256)
	}
	return nil
}

// compareNPZ checks that the NumPy archive holds the coordinates of the centers,
// an array for each scope and kind of center, and the names of the groups.
func compareNPZ(data []byte, centers []schemas.Center, p *schemas.SelectionParameters) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	files := archive.File
	for _, want := range tables.Arrays(p, centers) {
		if len(files) == 0 || files[0].Name != want.Name {
			return fmt.Errorf("it has no array %s in its place", strings.TrimSuffix(want.Name, ".npy"))
		}
		if err := compareArray(files[0], want); err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
		files = files[1:]
	}
	if len(files) > 0 {
		return fmt.Errorf("array %s is one too many", files[0].Name)
	}
	return nil
}

// compareArray compares one array, its header as NumPy writes it.
func compareArray(f *zip.File, want tables.Array) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, int64(len(want.Header)+len(want.Data))+1))
	if err != nil {
		return err
	}
	numbers, ok := bytes.CutPrefix(data, want.Header)
	if !ok {
		return fmt.Errorf("its header is not {'descr': '%s', 'fortran_order': False, 'shape': %s, }", want.Type, want.Shape)
	}
	if !bytes.Equal(numbers, want.Data) {
		return fmt.Errorf("differs from %s", schemas.CentersParquet)
	}
	return nil
}
