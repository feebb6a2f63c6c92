package main

import (
	"cmp"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/run/outdir"
)

// printedBy are the commands that print what a file, or those below a folder, say of
// fields; the longest name counts. Each of them has a flag for all these fields.
var printedBy = map[string]string{
	"model/keras":                       "import",
	"schemas/channels.go":               "shard import",
	"schemas/comparison.go":             "compare",
	"schemas/condition.go":              "select",
	"schemas/gate.go":                   "select",
	"schemas/images.go":                 "shard",
	"schemas/latents.go":                "encode",
	"schemas/picking.go":                "select",
	"schemas/positions.go":              "select",
	"schemas/query.go":                  "query",
	"schemas/selection.go":              "select",
	"schemas/size.go":                   "shard",
	"transforms/comparing":              "compare",
	"transforms/data/dataset":           "train",
	"transforms/data/latents":           "encode",
	"transforms/data/listing":           "shard",
	"transforms/data/listing/values.go": "shard encode",
	"transforms/data/modeldir":          "encode compare",
	"transforms/data/vectors":           "select train encode",
	"transforms/decoding":               "decode",
	"transforms/encoding":               "encode",
	"transforms/exporting":              "export",
	"transforms/importing":              "import",
	"transforms/ingesting":              "select",
	"transforms/querying":               "query",
	"transforms/reporting":              "report",
	"transforms/run":                    "shard train import encode decode select report export query compare",
	"transforms/run/outdir/gone.go":     "train encode",
	"transforms/selecting":              "select",
	"transforms/selection":              "select",
	"transforms/sharding":               "shard",
	"transforms/training":               "train",
	"transforms/verifying":              "verify",
}

// inQuickstart are the fields for which quickstart, which runs the steps, has a flag. It
// chooses the others itself, and prints their names as words.
var inQuickstart = map[string]string{
	"Config.Arch": "--arch", "Config.Budget": "--budget", "Config.ChannelPattern": "--channel_pattern", "Config.Channels": "--channels",
	"Config.Clusters": "--clusters", "Config.Epochs": "--epochs", "Config.Fit": "--fit", "Config.FullScale": "--full_scale", "Config.Input": "--input",
	"Config.Inputs": "--input", "Config.LabelPattern": "--label_pattern", "Config.Latent": "--latent", "Config.Listing.Inputs": "--input",
	"Config.MetadataPattern": "--metadata_pattern", "Config.MicronsPerPixel": "--microns_per_pixel", "Config.Output": "--output",
	"Config.Overwrite": "--overwrite", "Config.Projection": "--projection", "Config.Range": "--range", "Config.Seed": "--seed",
	"Config.Shards": "--input", "Config.Size": "--size", "Config.SizeRule": "--size", "Config.Top": "--top",
}

// commandOf is the command of a package whose fields others name.
var commandOf = map[string]string{"sharding": "shard", "encoding": "encode", "ingesting": "select", "importing": "import", "training": "train"}

// putTogether are the files that make names of fields from other names, and from which.
var putTogether = map[string]string{
	"transforms/run/outdir/intent.go": "those of parameters, which are looked at themselves",
	"transforms/verifying/folder.go":  "shards, model and latents",
}

// TestFieldsAreFlags reads the program: whatever its messages name as a field is one, and
// is a flag to whoever reads them.
func TestFieldsAreFlags(t *testing.T) {
	used := map[string]bool{} // what of the lists above, and of Command.Fields, has a use
	for _, s := range sayings(t) {
		of := s.file
		for printedBy[of] == "" && of != "." {
			of = path.Dir(of)
		}
		if used[of] = true; of == "." {
			t.Errorf("%s names %s: which command prints it?", s.file, s.field)
		}
		readers := printedBy[of]
		if !strings.HasPrefix(s.field, "Config.") {
			readers += " quickstart" // the flags of other steps are the same there
		}
		for name := range strings.FieldsSeq(readers) {
			used[name+" "+s.field] = true
			if wrong := misread(t, command(t, name), s.field); wrong != "" {
				t.Errorf("%s names %s: %s", s.file, s.field, wrong)
			}
		}
		used["quickstart "+s.field] = true
		if said := command(t, "quickstart").Words(s.field); strings.HasPrefix(s.field, "Config.") && strings.HasPrefix(said, "--") && said != inQuickstart[s.field] {
			t.Errorf("%s names %s: quickstart prints %s", s.file, s.field, said)
		}
	}
	for of := range printedBy {
		if !used[of] {
			t.Errorf("%s names no field: take it off the list", of)
		}
	}
	for field, flag := range inQuickstart {
		if said := command(t, "quickstart").Words(field); said != flag || !used["quickstart "+field] {
			t.Errorf("quickstart prints %s for %s, want %s", said, field, flag)
		}
	}
	for _, c := range program.List {
		for field := range c.Fields {
			if !used[c.Name+" "+field] && !used[c.Name+" Config."+field] {
				t.Errorf("%s: nothing that it prints names %s", c.Name, field)
			}
		}
	}
}

// misread says what is wrong with a field in what a command prints, or nothing.
func misread(t *testing.T, c *cli.Command, field string) string {
	of, name, _ := strings.Cut(field, "Config.")
	owner := command(t, cmp.Or(commandOf[strings.TrimSuffix(of, ".")], c.Name))
	fs := flag.NewFlagSet(owner.Name, flag.ContinueOnError)
	job := any(owner.Setup(fs))
	if e, ok := job.(cli.Engine); ok {
		job = e.Drives()
	}
	said, want := c.Words(field), owner.Words("Config."+name)
	word, _, _ := strings.Cut(strings.TrimPrefix(want, "--"), "=")
	switch {
	case !within(reflect.TypeOf(job).Elem(), strings.Split(name, ".")):
		return owner.Name + " has no such field"
	case fs.Lookup(word) == nil:
		return owner.Name + " prints " + want + ", which is no flag of it"
	case said != want:
		return c.Name + " prints " + said + " where " + owner.Name + " has " + want
	}
	return ""
}

// command returns a command of the program.
func command(t *testing.T, name string) *cli.Command {
	i := slices.IndexFunc(program.List, func(c cli.Command) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no command %q", name)
	}
	return &program.List[i]
}

// within reports whether a struct, or one in it, has a field at a path.
func within(of reflect.Type, path []string) bool {
	if of.Kind() != reflect.Struct {
		return false
	}
	if f, ok := of.FieldByName(path[0]); ok && (len(path) == 1 || within(f.Type, path[1:])) {
		return true
	}
	for i := range of.NumField() {
		if within(of.Field(i).Type, path) {
			return true
		}
	}
	return false
}

// saying is a field that a file names.
type saying struct{ file, field string }

var (
	configField = regexp.MustCompile(`\b(?:[a-z]\w*\.)?Config(?:\.[A-Z]\w*)+`)
	unfinished  = regexp.MustCompile(`\bConfig\.(?:%|$)`)
)

// sayings returns the fields in string literals below the commands, and the parameters of
// steps, which messages name as fields.
func sayings(t *testing.T) (list []saying) {
	root := os.DirFS("../..")
	for _, dir := range []string{"model", "schemas", "tfrecord", "transforms"} {
		if err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
			named := map[ast.Node]bool{}
			ast.Inspect(file, func(n ast.Node) bool {
				said := text(n)
				for _, field := range append(configField.FindAllString(said, -1), parameter(n, named)...) {
					list = append(list, saying{name, field})
				}
				if unfinished.MatchString(said) && putTogether[name] == "" {
					t.Errorf("%s: %q is a part of a field's name: write the whole where it is known", name, said)
				}
				return true
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// parameter returns the field of a parameter that package outdir makes by its name alone.
// Where Of names the field, its receiver goes into named.
func parameter(n ast.Node, named map[ast.Node]bool) []string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	if fun.Sel.Name == "Of" {
		named[fun.X] = true
	}
	x, ok := fun.X.(*ast.Ident)
	if !ok || x.Name != "outdir" || fun.Sel.Name != "Chosen" && fun.Sel.Name != "Given" || named[n] {
		return nil
	}
	if name := text(call.Args[0]); name != "" {
		return []string{outdir.Chosen(name, "").Field()}
	}
	return nil
}

// text is what a string literal says.
func text(n ast.Node) string {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	said, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return said
}
