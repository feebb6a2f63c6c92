package keras

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scigolib/hdf5"

	"exemplar/schemas/caught"
	"exemplar/schemas/words"
)

func isHDF5(data []byte) bool { return bytes.HasPrefix(data, []byte("\x89HDF\r\n\x1a\n")) }

// tree is an HDF5 file's arrays and the attributes of its groups, by path.
// Paths of groups end with "/".
type tree struct {
	size   int // bytes of the file
	room   *room
	arrays map[string]*hdf5.Dataset
	groups map[string]map[string]any
	taken  map[string]bool // arrays that became weights
	out    *contents
}

// readHDF5 reads the weights of an HDF5 file. The library opens files by name,
// so the bytes go through a temporary one. It is not hardened against damage: a
// panic of it is reported as such.
func readHDF5(data []byte, room *room) (c *contents, err error) {
	defer caught.Damaged(&err, func(what string) error { return errors.New("is a damaged HDF5 file: " + what) })
	if err := checkHeaps(data); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "exemplar-*.h5")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Close()); err != nil {
		return nil, err
	}
	h, err := hdf5.Open(f.Name())
	if err != nil {
		return nil, fmt.Errorf("is not readable as HDF5: %w", err)
	}
	defer h.Close() // read only
	t := &tree{size: len(data), room: room, arrays: map[string]*hdf5.Dataset{}, groups: map[string]map[string]any{}, taken: map[string]bool{}, out: &contents{}}
	if err := t.walk(h); err != nil {
		return nil, err
	}
	if err := t.checkChunks(data); err != nil {
		return nil, err
	}
	return t.out, t.layers()
}

// checkHeaps refuses heaps, of the names in a group and of texts in attributes, that
// are larger than the file: the library takes the memory that they ask for before
// it reads. A version, three zeros and a 64-bit size follow their signature. Offsets and sizes of less than 64 bits,
// which no Keras writes, are refused as well.
func checkHeaps(data []byte) error {
	if at := []int{13, 13, 9, 9}; len(data) < 16 || int(data[8]) >= len(at) || data[at[data[8]]] != 8 || data[at[data[8]]+1] != 8 {
		return errors.New("is a damaged HDF5 file, or of a version that is not read")
	}
	for _, signature := range []string{"HEAP", "GCOL\x01"} {
		for i := 0; ; i++ {
			at := bytes.Index(data[i:], []byte(signature))
			if at < 0 || len(data)-i-at < 16 {
				break
			}
			i += at
			sound := string(data[i+5:i+8]) == "\x00\x00\x00"
			if binary.LittleEndian.Uint64(data[i+8:]) > uint64(len(data)) && (sound || len(data) < chance) {
				return fmt.Errorf("is a damaged HDF5 file: the heap at byte %d is larger than the file", i)
			}
		}
	}
	return nil
}

// chance is the size in bytes from which on numbers may look like the signature of
// a heap: there the three zeros behind its version have to be there, too, which
// the library does not look at. No float32 below 8 holds a signature; in 16 MiB of
// random bytes one is there with 0.4 %.
const chance = 16 << 20

func (t *tree) walk(h *hdf5.File) (err error) {
	h.Walk(func(path string, obj hdf5.Object) {
		switch o := obj.(type) {
		case *hdf5.Dataset:
			t.arrays[path] = o
		case *hdf5.Group:
			attrs, aerr := o.Attributes()
			if aerr != nil {
				err = errors.Join(err, fmt.Errorf("attributes of %s: %w", path, aerr))
				return
			}
			t.groups[path] = map[string]any{}
			for _, a := range attrs {
				if v, verr := a.ReadValue(); verr == nil {
					t.groups[path][a.Name] = v
				}
			}
		}
	})
	return err
}

// layers finds the weights: by the names that Keras 2 lists in attributes, else
// by the folders of Keras 3.
func (t *tree) layers() error {
	root := "/"
	if _, ok := t.groups["/model_weights/"]; ok {
		root = "/model_weights/"
	}
	if text, ok := t.groups["/"]["model_config"].(string); ok {
		var err error
		if t.out.config, err = parseConfig([]byte(text)); err != nil {
			return err
		}
	}
	var err error
	if names, ok := t.groups[root]["layer_names"]; ok {
		err = t.listed(root, stringsOf(names))
	} else {
		err = t.folders()
	}
	if err != nil {
		return err
	}
	for path := range t.arrays {
		if !t.taken[path] && !isState(path) {
			return fmt.Errorf("array %s is left over: it belongs to no layer", path)
		}
	}
	return nil
}

// isState reports whether an array is part of a training run, not of the model:
// optimizer state, seeds of dropout and noise layers, counters of metrics.
func isState(path string) bool {
	for _, part := range strings.Split(path, "/") {
		switch part {
		case "optimizer", "optimizer_weights", "seed_generator", "metrics", "loss_tracker":
			return true
		}
	}
	return false
}

// listed reads the layers that root's layer_names and their weight_names list.
func (t *tree) listed(root string, names []string) error {
	for _, name := range names {
		attrs, ok := t.groups[root+name+"/"]
		if !ok {
			return fmt.Errorf("layer %s is listed in layer_names, but not in the file", name)
		}
		l := layer{name: name, kind: kindOf(name)}
		for _, weight := range stringsOf(attrs["weight_names"]) {
			if isState(weight) {
				continue
			}
			a, err := t.array(root + name + "/" + weight)
			if err != nil {
				return fmt.Errorf("layer %s: %w", name, err)
			}
			if err := l.add(a); err != nil {
				return err
			}
		}
		if l.kernel != nil || l.bias != nil {
			t.out.layers = append(t.out.layers, l)
		}
	}
	return nil
}

// folders reads layers/<class>_<number>/vars/<index>, the layout of Keras 3.
// Its names are made from the layers' classes and count in model order.
func (t *tree) folders() error {
	var paths []string
	for path := range t.arrays {
		if !isState(path) && strings.Contains(path, "/vars/") {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, words.Naturally)
	var arrays []array
	for _, path := range paths {
		a, err := t.array(path)
		if err != nil {
			return err
		}
		a.name = strings.TrimPrefix(strings.Replace(path, "/vars/", "/", 1), "/")
		arrays = append(arrays, a)
	}
	var err error
	t.out.layers, err = grouped(arrays)
	return err
}

// stringsOf returns an attribute of strings; Keras stores an empty list as an
// empty array of numbers.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		return []string{v}
	}
	return nil
}

var (
	infoType  = regexp.MustCompile(`^Dataset: (\w+) \(size=(\d+) bytes\), (?:\d+D array \[([0-9 x]*)\]|scalar), (\w+)`)
	infoPlace = regexp.MustCompile(`contiguous \(address=0x([0-9A-F]+), size=(\d+)\)`)
)

// array reads one array. Its size is checked against the file's before any
// memory is taken for it.
func (t *tree) array(path string) (array, error) {
	d, ok := t.arrays[path]
	if !ok {
		return array{}, fmt.Errorf("array %s is listed, but not in the file", path)
	}
	info, err := d.Info()
	if err != nil {
		return array{}, fmt.Errorf("array %s: %w", path, err)
	}
	m := infoType.FindStringSubmatch(info)
	if m == nil {
		return array{}, fmt.Errorf("array %s is not readable: %s", path, info)
	}
	if m[1] != "float" || m[2] != "4" && m[2] != "8" {
		return array{}, fmt.Errorf("array %s is of type %s with %s bytes: only float32 and float64 are read", path, m[1], m[2])
	}
	a := array{name: path}
	width, _ := strconv.Atoi(m[2])
	n := 1
	for _, s := range strings.FieldsFunc(m[3], func(r rune) bool { return r == ' ' || r == 'x' }) {
		d, err := strconv.Atoi(s)
		if err != nil || d < 1 || n > math.MaxInt/16/d {
			return array{}, fmt.Errorf("array %s of shape [%s] does not fit in the file", path, m[3])
		}
		a.shape, n = append(a.shape, d), n*d
	}
	if m[4] != "chunked" && n*width > t.size {
		return array{}, fmt.Errorf("array %s of shape %v does not fit in the file: it is cut short", path, a.shape)
	}
	if p := infoPlace.FindStringSubmatch(info); p != nil {
		at, err := strconv.ParseUint(p[1], 16, 64)
		if err != nil || at > uint64(t.size) || uint64(n*width) > uint64(t.size)-at {
			return array{}, fmt.Errorf("array %s lies past the end of the file: it is cut short", path)
		}
	}
	if err := t.room.take("array "+path, uint64(n)*uint64(width)); err != nil {
		return array{}, err
	}
	values, err := d.Read()
	if err != nil {
		return array{}, fmt.Errorf("array %s: %w", path, err)
	}
	if len(values) != n {
		return array{}, fmt.Errorf("array %s of shape %v has %d numbers", path, a.shape, len(values))
	}
	t.taken[path] = true
	t.out.rounded = t.out.rounded || width == 8
	a.data, err = narrow(path, values)
	return a, err
}
