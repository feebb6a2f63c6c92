package verifying

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selecting"
)

// forger changes a finished workflow and adapts the manifests to it, as somebody
// would who wants the change to stay unnoticed.
type forger struct {
	t   *testing.T
	dir string
}

func (f forger) path(elem ...string) string {
	return filepath.Join(append([]string{f.dir}, elem...)...)
}

func (f forger) read(elem ...string) []byte {
	data, err := os.ReadFile(f.path(elem...))
	check(f.t, err)
	return data
}

func (f forger) write(data []byte, elem ...string) {
	check(f.t, os.WriteFile(f.path(elem...), data, 0o666))
}

// edit changes a JSON file.
func edit[T any](f forger, change func(*T), elem ...string) {
	v, _, err := outdir.ReadJSON[T](f.t.Context(), f.path(elem...))
	check(f.t, err)
	change(&v)
	check(f.t, outdir.WriteJSON(f.t.Context(), f.path(elem...), v))
}

// state drops the state of a folder, which would give the change away.
func (f forger) state(folder string) { check(f.t, os.RemoveAll(f.path(folder, schemas.StateDir))) }

// shard replaces the bytes of shard i; records is added to its count.
func (f forger) shard(i int, data []byte, records int64) {
	f.state("shards")
	edit(f, func(m *schemas.ShardsManifest) {
		info := &m.Shards[i]
		f.write(data, "shards", info.File)
		m.Bytes += int64(len(data)) - info.Bytes
		m.Listed, m.Written = m.Listed+records, m.Written+records
		info.Records, info.Bytes, info.SHA256 = info.Records+records, int64(len(data)), outdir.SHA256(data)
	}, "shards", schemas.ShardsFile)
	edit(f, func(c *schemas.Collection) { c.Listed += records }, "shards", schemas.CollectionFile)
	edit(f, func(m *schemas.ShardsManifest) {
		var c schemas.Collection
		check(f.t, json.Unmarshal(f.read("shards", schemas.CollectionFile), &c))
		var err error
		m.CollectionContentSHA256, err = outdir.SealCollection(c)
		check(f.t, err)
	}, "shards", schemas.ShardsFile)
}

// records returns the records of a shard.
func (f forger) records(i int) (all [][]byte) {
	r, err := tfrecord.NewReader(bytes.NewReader(f.read("shards", schemas.ShardName(i, 3, "none"))), tfrecord.ReaderOptions{})
	check(f.t, err)
	for {
		record, err := r.Next()
		if err != nil {
			return all
		}
		all = append(all, bytes.Clone(record))
	}
}

func (f forger) pack(all [][]byte) []byte {
	var out bytes.Buffer
	w := tfrecord.NewWriter(&out, tfrecord.WriterOptions{})
	for _, record := range all {
		_, err := w.Write(record)
		check(f.t, err)
	}
	check(f.t, w.Close())
	return out.Bytes()
}

// rows changes the rows of latents file i, and what its footer says.
func (f forger) rows(i int, change func(spec *schemas.LatentsSpec, rows []schemas.Latent)) {
	f.state("latents")
	name := schemas.LatentsName(i, 3)
	data := f.read("latents", name)
	in, err := latents.Open(bytes.NewReader(data), int64(len(data)), name)
	check(f.t, err)
	var rows []schemas.Latent
	spec := in.Spec()
	for b, err := range in.Batches(latents.All) {
		check(f.t, err)
		for k := range b.N {
			row := schemas.Latent{ImageID: b.ImageID[k], Embedding: slices.Clone(b.Embedding[k*spec.Dimension : (k+1)*spec.Dimension]),
				Shard: b.Shard[k], Record: b.Record[k], Offset: b.Offset[k], SHA256: b.SHA256[k], MSE: b.MSE[k], HasMSE: b.HasMSE[k],
				Quality: b.Quality[k], HasObject: b.HasObject[k], QCFlags: b.QCFlags[k], Label: b.Label[k], HasLabel: b.HasLabel[k], Channels: slices.Clone(b.ChannelsOf(k))}
			for _, column := range b.Metadata {
				row.Metadata = append(row.Metadata, column[k])
			}
			rows = append(rows, row)
		}
	}
	change(&spec, rows)
	var out bytes.Buffer
	w, err := latents.NewWriter(&out, spec)
	check(f.t, err)
	for i := range rows {
		check(f.t, w.Write(&rows[i]))
	}
	check(f.t, w.Close())
	f.write(out.Bytes(), "latents", name)
	edit(f, func(m *schemas.LatentsManifest) {
		info := &m.Files[i]
		m.Bytes += int64(out.Len()) - info.Bytes
		info.Bytes, info.SHA256 = int64(out.Len()), outdir.SHA256(out.Bytes())
	}, "latents", schemas.LatentsFile)
}

// put replaces a file of the selection and its entry in the manifest.
func (f forger) put(data []byte, name string) {
	f.write(data, "selection", name)
	f.selection(func(m *schemas.SelectionManifest) {
		for i := range m.Files {
			if m.Files[i].File == name {
				m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(data)), outdir.SHA256(data)
			}
		}
	})
}

func (f forger) selection(change func(m *schemas.SelectionManifest)) {
	f.state("selection")
	edit(f, func(m *schemas.SelectionManifest) {
		change(m)
		var err error
		m.SHA256, err = outdir.SealSelection(*m)
		check(f.t, err)
	}, "selection", schemas.SelectionFile)
}

// pickRow is a pick as its Parquet row.
type pickRow struct {
	Rank       int32   `parquet:"rank"`
	ImageID    string  `parquet:"image_id"`
	Scope      string  `parquet:"scope"`
	GroupID    string  `parquet:"group_id"`
	GroupSize  int64   `parquet:"group_size"`
	Center     string  `parquet:"center"`
	Metric     string  `parquet:"metric"`
	Distance   float64 `parquet:"distance"`
	Percentile float64 `parquet:"percentile"`
	Margin     float64 `parquet:"margin"`
	Next       string  `parquet:"next_image_id"`
	RankLow    *int64  `parquet:"rank_low,optional"`
	RankHigh   *int64  `parquet:"rank_high,optional"`
	Shard      int32   `parquet:"shard"`
	Record     int64   `parquet:"record"`
	Offset     int64   `parquet:"offset"`
	SHA256     string  `parquet:"sha256"`
	Label      *string `parquet:"label,optional"`
	Cell       string  `parquet:"Metadata_cell"`
	Run        string  `parquet:"Metadata_run"`
	Weight     float64 `parquet:"weight"`
	Group      string  `parquet:"group"`
}

// table changes a Parquet table of the selection.
func table[T any](f forger, name string, change func(rows []T)) {
	rewrite(f, name, func(rows []T) []T { change(rows); return rows })
}

// drop removes rows from a Parquet table of the selection.
func drop[T any](f forger, name string, which func(T) bool) {
	rewrite(f, name, func(rows []T) []T { return slices.DeleteFunc(rows, which) })
}

// rewrite makes a Parquet table of the selection again of other rows.
func rewrite[T any](f forger, name string, change func(rows []T) []T) {
	data := f.read("selection", name)
	rows, err := parquet.Read[T](bytes.NewReader(data), int64(len(data)))
	check(f.t, err)
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	_, err = w.Write(change(rows))
	check(f.t, err)
	check(f.t, w.Close())
	f.put(out.Bytes(), name)
}

// center moves the first center of a kind in a scope by an amount.
func (f forger) center(scope, center string, by float64) {
	table(f, schemas.CentersParquet, func(rows []schemas.Center) {
		i := slices.IndexFunc(rows, func(c schemas.Center) bool { return c.Scope == scope && c.Center == center })
		rows[i].Embedding[2] += by
	})
}

// embedding returns the latent of an image.
func (f forger) embedding(id string) []float64 {
	for i := range 3 {
		name := schemas.LatentsName(i, 3)
		data := f.read("latents", name)
		in, err := latents.Open(bytes.NewReader(data), int64(len(data)), name)
		check(f.t, err)
		for b, err := range in.Batches(latents.All) {
			check(f.t, err)
			if k := slices.Index(b.ImageID, id); k >= 0 {
				return nearest.Widen(b.Embedding[k*in.Spec().Dimension : (k+1)*in.Spec().Dimension])
			}
		}
	}
	f.t.Fatalf("no image %q", id)
	return nil
}

// picks changes the picks and writes all three tables of them anew.
func (f forger) picks(change func(rows []pickRow)) {
	table(f, schemas.SelectionParquet, change)
	f.lists()
}

// lists writes the other tables of the picks as selection.parquet is.
func (f forger) lists() {
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](f.t.Context(), f.path("selection", schemas.SelectionFile))
	check(f.t, err)
	picks, err := tables.Picks(f.read("selection", schemas.SelectionParquet), &m)
	check(f.t, err)
	list, folder := "", ""
	for i, fields := range tables.Lines(picks, m.Metadata, nil) {
		line := strings.Join(fields, ",") + "\n"
		list += line
		name := "file_name"
		if i > 0 {
			name = strings.TrimPrefix(m.Files[4+i].File, "images/")
		}
		folder += name + "," + line
	}
	f.put([]byte(list), schemas.SelectionCSV)
	f.put([]byte(folder), "images/metadata.csv")
}

var forgeries = []struct {
	name, folder string
	forge        func(f forger)
	want         string // part of a problem
}{
	{"a record's checksum", "shards", func(f forger) {
		data := f.pack(f.records(1))
		data[len(data)-1] ^= 1
		f.shard(1, data, 0)
	}, "images-00001-of-00003.tfrecords: record "},
	{"a shard cut at a record", "shards", func(f forger) {
		all := f.records(1)
		f.write(f.pack(all[:len(all)-1]), "shards", schemas.ShardName(1, 3, "none"))
		edit(f, func(m *schemas.ShardsManifest) {
			data := f.read("shards", m.Shards[1].File)
			m.Bytes += int64(len(data)) - m.Shards[1].Bytes
			m.Shards[1].Bytes, m.Shards[1].SHA256 = int64(len(data)), outdir.SHA256(data)
		}, "shards", schemas.ShardsFile)
	}, "was listed, but is neither here nor in errors.jsonl"},
	{"an image in the wrong shard", "shards", func(f forger) {
		all := append(f.records(1), f.records(2)[0])
		f.shard(1, f.pack(all), 1)
	}, "belongs to shard 2 by its md5"},
	{"swapped records", "shards", func(f forger) {
		all := f.records(0)
		all[2], all[3] = all[3], all[2]
		f.shard(0, f.pack(all), 0)
	}, "not sorted by name"},
	{"other parameters", "shards", func(f forger) {
		edit(f, func(m *schemas.ShardsManifest) { m.Parameters.Fit = "crop" }, "shards", schemas.ShardsFile)
	}, "shards.json: fingerprint is"},
	{"another reason", "shards", func(f forger) {
		data := bytes.Replace(f.read("shards", schemas.ErrorsFile), []byte("not_an_image"), []byte("corrupt"), 1)
		f.write(data, "shards", schemas.ErrorsFile)
		edit(f, func(m *schemas.ShardsManifest) { m.ErrorsSHA256 = outdir.SHA256(data) }, "shards", schemas.ShardsFile)
	}, "rejected by reason is"},
	{"a shard that is not listed", "shards", func(f forger) {
		f.write(f.pack(f.records(0)), "shards", "more.tfrecords")
	}, "more.tfrecords: shards.json does not list this file"},

	{"swapped rows", "latents", func(f forger) {
		f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[4], rows[5] = rows[5], rows[4] })
	}, "not sorted by image id"},
	{"an id replaced in the latents", "latents", func(f forger) {
		f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[4].ImageID += "x" })
	}, `latents-00001-of-00003.parquet: row 4`},
	{"a hash replaced", "latents", func(f forger) {
		f.rows(2, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[0].SHA256 = rows[1].SHA256 })
	}, "sha256 of the pixels is"},
	{"metadata replaced", "latents", func(f forger) {
		f.rows(2, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[0].Metadata[1] = "run7" })
	}, `Metadata_run is "run7", the name gives`},
	{"latents of another model", "latents", func(f forger) {
		f.rows(0, func(spec *schemas.LatentsSpec, _ []schemas.Latent) { spec.ModelSHA256 = strings.Repeat("0", 64) })
	}, "latents-00000-of-00003.parquet: made by model 0000"},
	{"another metadata pattern", "latents", func(f forger) {
		edit(f, func(m *schemas.LatentsManifest) { m.MetadataPattern += "()" }, "latents", schemas.LatentsFile)
	}, "_latents.json: fingerprint is"},

	{"swapped ranks", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[0].Rank, rows[1].Rank = 2, 1 })
	}, "row 0, cluster 00, mean, euclidean, rank 1: the row is rank 2"},
	{"an id replaced", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[1].ImageID = rows[2].ImageID })
	}, "row 1, cluster 00, mean, euclidean, rank 2: image is"},
	{"a reversed ranking", "selection", func(f forger) {
		f.picks(func(rows []pickRow) {
			rows[0], rows[2] = rows[2], rows[0]
			rows[0].Rank, rows[2].Rank = 1, 3
		})
	}, "row 0, cluster 00, mean, euclidean, rank 1: image is"},
	{"a distance nudged", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[3].Distance *= 1 + 1e-6 })
	}, "row 3, cluster 00, mean, cosine, rank 1: distance is"},
	{"another next image", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[4].Next = rows[3].ImageID })
	}, "row 4, cluster 00, mean, cosine, rank 2: next image is"},
	{"another group size", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[5].GroupSize++ })
	}, "row 5, cluster 00, mean, cosine, rank 3: group size is"},
	{"a narrower rank interval", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { *rows[2].RankHigh++ })
	}, "row 2, cluster 00, mean, euclidean, rank 3: ranks are "},
	{"a weight nudged", "selection", func(f forger) {
		f.picks(func(rows []pickRow) { rows[1].Weight *= 1 + 1e-6 })
	}, "row 1, cluster 00, mean, euclidean, rank 2: weight is "},
	{"weights that change places", "selection", func(f forger) {
		f.picks(func(rows []pickRow) {
			i := slices.IndexFunc(rows, func(p pickRow) bool { return p.Metric == rows[0].Metric && p.Weight != rows[0].Weight })
			rows[0].Weight, rows[i].Weight = rows[i].Weight, rows[0].Weight
		})
	}, "row 0, cluster 00, mean, euclidean, rank 1: weight is "},
	{"a weight that is no number", "selection", func(f forger) {
		table(f, schemas.SelectionParquet, func(rows []pickRow) { rows[3].Weight = math.NaN() })
	}, "selection.parquet: row 3: the weight of "},
	{"another name of a group", "selection", func(f forger) {
		table(f, schemas.SelectionParquet, func(rows []pickRow) { rows[3].Group = "c01" })
	}, `selection.parquet: row 3: group is "c01", its scope and group_id give "c00"`},
	{"a better skill", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade.Sets[1].Spaces[0].Skill.Value += 1e-6 })
	}, "selection.json: grade.sets[1].spaces[0].skill.value is "},
	{"no sentence", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade.Sets[0].Sentence = "" })
	}, `selection.json: grade.sets[0].sentence is ""`},
	{"a warning left out", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade.Findings = m.Grade.Findings[:0] })
	}, "selection.json: grade.findings is a list of 0, the latents give a list of "},
	{"a finding of another kind", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade.Findings[0].Kind += "s" })
	}, "selection.json: grade.findings[0].kind is "},
	{"a grade of another center", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade.Sets[0].Center += "s" })
	}, "selection.json: grade.sets[0].center is "},
	{"no grade", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Grade = nil })
	}, "selection.json: has no grade"},
	{"a mean moved", "selection", func(f forger) { f.center("cluster", "mean", 1e-6) },
		"centers.parquet: group 00 of scope cluster: coordinate 2 of mean is"},
	{"a cluster moved", "selection", func(f forger) { f.center("cluster", "kmeans", 1e-6) },
		"centers.parquet: group 00 of scope cluster: coordinate 2 of kmeans is"},
	{"a median moved", "selection", func(f forger) { f.center("Metadata_run", "median", 1e-9) },
		"centers.parquet: group run0 of scope Metadata_run: coordinate 2 of median is"},
	{"a geometric median moved", "selection", func(f forger) { f.center("Metadata_run", "geometric_median", 1e-6) },
		"centers.parquet: group run0 of scope Metadata_run: geometric_median has a residual of"},
	{"a medoid moved", "selection", func(f forger) { f.center("Metadata_run", "medoid", 1e-6) },
		"centers.parquet: group run0 of scope Metadata_run: medoid is none of the"},
	{"another medoid", "selection", func(f forger) {
		table(f, schemas.CentersParquet, func(rows []schemas.Center) {
			last := &rows[len(rows)-1] // of the last group, whose images the latents hold
			for _, id := range []string{"run1/cell 01.png", "run1/cell 03.png"} {
				if x := f.embedding(id); last.Center == "medoid" && !slices.Equal(x, last.Embedding) {
					last.Embedding = x
					return
				}
			}
		})
	}, "centers.parquet: group run1 of scope Metadata_run: medoid's distances add up to"},
	{"a residual granted", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Centering.GeometricMedian.Tolerance = 0.1 })
	}, "selection.json: centering: tolerance 0.1"},
	{"a group dropped", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) {
			s := &m.Scopes[1]
			s.Groups, s.Images, s.Ungrouped = 1, s.Images-25, s.Ungrouped+25
			m.Assignments.Rows, m.Assignments.Files[0].Rows = m.Assignments.Rows-25*8, m.Assignments.Files[0].Rows-25*8
		})
		drop(f, schemas.CentersParquet, func(c schemas.Center) bool { return c.GroupID == "run1" })
	}, `centers.parquet: scope Metadata_run has no group "run1"`},
	{"a center dropped", "selection", func(f forger) {
		drop(f, schemas.CentersParquet, func(c schemas.Center) bool { return c.GroupID == "02" && c.Center == "median" })
	}, "centers.parquet: row 12 is"},
	{"a group's size in the centers", "selection", func(f forger) {
		table(f, schemas.CentersParquet, func(rows []schemas.Center) {
			for i := range 5 {
				rows[i].GroupSize++
			}
		})
	}, "centers.parquet: group 00 of scope cluster: its size is"},
	{"an exclusion dropped", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) {
			m.Exclusions = m.Exclusions[1:]
			m.Excluded--
			m.Eligible++
			m.Assignments.Files[0].Images++
			for i := range m.Scopes {
				m.Scopes[i].Images++
				m.Assignments.Rows, m.Assignments.Files[0].Rows = m.Assignments.Rows+8, m.Assignments.Files[0].Rows+8
			}
		})
	}, "selection.json: excluded is 7, the latents give 8"},
	{"shares of dimensions", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Space.Shares[0].Share -= 1e-6 })
	}, "space is {Kind:raw"},
	{"a threshold of the gate", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Gate.Limits[2].Threshold /= 2 })
	}, "selection.json: limit 2 of the quality gate is {Reason:border Threshold:0.462 "},
	{"a limit of the gate dropped", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Gate.Limits = m.Gate.Limits[:4] })
	}, "selection.json: the quality gate has 4 limits"},
	{"another reason for an exclusion", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Exclusions[0].Reason = schemas.ReasonSaturated })
	}, "selection.json: exclusion 0 is"},
	{"swapped pictures", "selection", func(f forger) {
		a, b := "", ""
		for i, file := range filesOf(f.t, f.path("selection", "images")) {
			name, err := filepath.Rel(f.path("selection"), file)
			check(f.t, err)
			if i == 0 {
				a = name
			} else if i == 1 {
				b = name
			}
		}
		one, other := f.read("selection", a), f.read("selection", b)
		f.put(one, b)
		f.put(other, a)
	}, "sha256 of its pixels is"},
	{"another seed", "selection", func(f forger) {
		f.selection(func(m *schemas.SelectionManifest) { m.Parameters.Seed++ })
	}, "selection.json: fingerprint is"},
	{"centers of NumPy", "selection", func(f forger) {
		data := f.read("selection", schemas.CentersNPZ)
		f.put(data[:len(data)-30], schemas.CentersNPZ)
	}, "latent_centers.npz: "},
}

func TestForgeriesAreNamed(t *testing.T) {
	for _, c := range forgeries {
		t.Run(c.name, func(t *testing.T) {
			f := forger{t, workflow(t)}
			c.forge(f)
			problems := verify(t, f.dir, c.folder)
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("problems:\n%s\nwant one with %q", strings.Join(problems, "\n"), c.want)
			}
			if len(problems) > 8 {
				t.Errorf("%d problems, for one cause", len(problems))
			}
			for _, p := range problems {
				if strings.Contains(p, "bytes, ") && strings.Contains(p, " says ") {
					t.Errorf("the forgery was found by its size: %s", p)
				}
			}
			t.Log(strings.Join(problems, "\n"))
		})
	}
}

// TestForgedAssignments: every column of an assignments file is recomputed; the first rows
// that differ are named, with their columns, and the others counted.
func TestForgedAssignments(t *testing.T) {
	name := schemas.AssignmentsName(1, 3)
	all, err := parquet.ReadFile[schemas.Assignment](filepath.Join(workflow(t), "selection", name))
	check(t, err)
	n, last := len(all), all[len(all)-1].ImageID
	row := func(change func(a *schemas.Assignment)) func(f forger) {
		return func(f forger) {
			table(f, name, func(rows []schemas.Assignment) { change(&rows[5]) })
		}
	}
	for _, c := range []struct {
		forge func(f forger)
		want  []string // the problems, in parts
	}{
		{row(func(a *schemas.Assignment) { a.ImageID += "x" }), []string{`row 5, "run0/cell 00.png" by geometric_median cosine in scope cluster: column image_id is "run0/cell 00.pngx", the latents give "run0/cell 00.png"`}},
		{row(func(a *schemas.Assignment) { a.Scope = "label" }), []string{"column scope is"}},
		{row(func(a *schemas.Assignment) { a.GroupID = "09" }), []string{"column group_id is"}},
		{row(func(a *schemas.Assignment) { a.Center = "mean" }), []string{"column center is"}},
		{row(func(a *schemas.Assignment) { a.Metric = "euclidean" }), []string{"column metric is"}},
		{row(func(a *schemas.Assignment) { a.Distance *= 1 + 1e-6 }), []string{"column distance is"}},
		{row(func(a *schemas.Assignment) { a.Percentile += 1e-6 }), []string{"column percentile is"}},
		{row(func(a *schemas.Assignment) { a.NearestPick = "run1/cell 01.png" }), []string{"column nearest_pick is"}},
		{row(func(a *schemas.Assignment) { a.NearestDistance += 1e-6 }), []string{"column nearest_distance is"}},
		{row(func(a *schemas.Assignment) { a.Distance, a.NearestDistance = math.NaN(), math.NaN() }), []string{"column distance is NaN", "column nearest_distance is NaN"}},
		{func(f forger) {
			table(f, name, func(rows []schemas.Assignment) {
				for i := range rows {
					rows[i].Percentile /= 2
				}
			})
		}, []string{"row 0, ", "row 1, ", "row 2, ", name + ": and "}},
		{func(f forger) { drop(f, name, func(a schemas.Assignment) bool { return a.ImageID == last }) },
			[]string{fmt.Sprintf("row %d, where it ends: the latents give more", n-16)}},
		{func(f forger) {
			drop(f, name, func(a schemas.Assignment) bool { return a.ImageID == "run0/cell 100.png" })
		},
			[]string{"row 16, ", "column group_id is", "column distance is", name + ": and "}},
		{func(f forger) {
			rewrite(f, name, func(rows []schemas.Assignment) []schemas.Assignment { return append(rows, rows[3], rows[4]) })
		},
			[]string{"selection.json: " + name + " has ", fmt.Sprintf("%d rows, the latents give %d", n+2, n)}},
	} {
		f := forger{t, workflow(t)}
		c.forge(f)
		problems := verify(t, f.dir, "selection")
		t.Log(strings.Join(problems, "\n"))
		if len(problems) != len(c.want) {
			t.Errorf("%d problems:\n%s", len(problems), strings.Join(problems, "\n"))
		}
		for i, want := range c.want {
			if i < len(problems) && !(strings.Contains(problems[i], name) && strings.Contains(problems[i], want)) {
				t.Errorf("%q, want %q", problems[i], want)
			}
		}
	}
}

// TestForgedCounts: what the manifest says of the assignments files is counted.
func TestForgedCounts(t *testing.T) {
	for want, change := range map[string]func(a *schemas.Assignments){
		"assignments-00000-of-00003.parquet has ":   func(a *schemas.Assignments) { a.Files[0].Rows--; a.Files[1].Rows++ },
		"assignments-00001-of-00003.parquet is of ": func(a *schemas.Assignments) { a.Files[1].Images--; a.Files[2].Images++ },
		"2 assignments files, for 3 latents files": func(a *schemas.Assignments) {
			a.Files[1].Images, a.Files[1].Rows = a.Files[1].Images+a.Files[2].Images, a.Files[1].Rows+a.Files[2].Rows
			a.Files = a.Files[:2]
			for i := range a.Files {
				a.Files[i].File = schemas.AssignmentsName(i, 2)
			}
		},
		"rows of assignments is ":                       func(a *schemas.Assignments) { a.Rows++; a.Files[0].Rows++ },
		`is named "assignments-00002-of-00003.parquet"`: func(a *schemas.Assignments) { a.Files[0].File, a.Files[2].File = a.Files[2].File, a.Files[0].File },
	} {
		f := forger{t, workflow(t)}
		f.selection(func(m *schemas.SelectionManifest) { change(m.Assignments) })
		if problems := strings.Join(verify(t, f.dir, "selection"), "\n"); !strings.Contains(problems, "selection.json: ") || !strings.Contains(problems, want) {
			t.Errorf("%s\nwant %q", problems, want)
		}
	}
}

// TestForgedCrossedClusters: what a selection says of crossed clusters is compared: the groups,
// those without images, and the clusters that are of no scope.
func TestForgedCrossedClusters(t *testing.T) {
	dir := workflow(t)
	again(t, dir, func(c *selecting.Config) {
		c.Parameters.Scopes, c.Parameters.Top = []string{"Metadata_cell*cluster"}, 2
		c.Where = "cell<60" // of which each is in one cluster
	})
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
	check(t, err)
	if len(m.Scopes[0].Empty) == 0 || len(verify(t, dir, "selection")) > 0 {
		t.Fatalf("scope %+v: %q", m.Scopes[0], verify(t, dir, "selection"))
	}
	for name, c := range map[string]struct {
		forge func(f forger)
		want  string
	}{
		"an empty group left out": {func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Scopes[0].Empty = m.Scopes[0].Empty[1:] })
		}, "selection.json: scope Metadata_cell*cluster is "},
		"a group that is not empty": {func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Scopes[0].Empty = append(m.Scopes[0].Empty, "59+c99") })
		}, "selection.json: scope Metadata_cell*cluster is "},
		"a cluster moved": {func(f forger) { f.center("cluster", "kmeans", 1e-3) }, "centers.parquet: group 00 of scope cluster: coordinate 2 of kmeans is"},
		"the size of a cluster": {func(f forger) {
			table(f, schemas.CentersParquet, func(rows []schemas.Center) { rows[len(rows)-1].GroupSize++ })
		}, "of scope cluster: its size is"},
		"a cluster dropped": {func(f forger) {
			drop(f, schemas.CentersParquet, func(c schemas.Center) bool { return c.Scope == "cluster" && c.GroupID == "01" })
		}, `centers.parquet: cluster 1 is named "02", want "01"`},
		"a center moved": {func(f forger) { f.center("Metadata_cell*cluster", "mean", 1e-3) }, "of scope Metadata_cell*cluster: coordinate 2 of mean is"},
		"a group renamed": {func(f forger) {
			table(f, schemas.CentersParquet, func(rows []schemas.Center) { rows[0].GroupID = "00+c09" })
		}, "scope Metadata_cell*cluster has no group "},
	} {
		f := forger{t, copyWorkflow(t, dir)}
		c.forge(f)
		if problems := verify(t, f.dir, "selection"); !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.want) }) {
			t.Errorf("%s: problems:\n%s\nwant one with %q", name, strings.Join(problems, "\n"), c.want)
		}
	}
}
