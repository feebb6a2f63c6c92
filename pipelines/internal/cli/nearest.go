package cli

import (
	"flag"
	"fmt"
	"slices"
	"strings"
)

// unknown is the error of a flag that the program does not have: with the flag that may
// be meant, and the commands that have one of the name.
func (f *Flags) unknown(name string) error {
	near := ""
	if n := f.nearest(name); n != "" {
		near = fmt.Sprintf("; did you mean --%s?", n)
	}
	if f.brought == nil && slices.Contains(beamFlags, name) {
		if name == "dry_run" {
			near = "; --plan says what would be done"
		}
		return Usagef("--%s: it is a flag of Beam, and %s runs on this machine only; shard, encode and select run on clusters%s (--help lists the flags)", name, f.program, near)
	}
	return Usagef("--%s: %s has no such flag%s%s (--help lists the flags)", name, f.program, f.elsewhere(name, near != ""), near)
}

// elsewhere says which other commands have a flag of this name, or, where none does and
// this one has nothing near, which flag of another may be meant.
func (f *Flags) elsewhere(name string, near bool) string {
	name = plain(name)
	var have []string
	nearest, of := "", ""
	for _, c := range f.others {
		fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
		c.Setup(fs)
		var names []string
		fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		if slices.Contains(names, name) {
			have = append(have, c.Name)
		} else if n := like(name, names); n != "" && nearest == "" {
			nearest, of = n, c.Name
		}
	}
	switch {
	case len(have) > 0:
		return "; it is one of " + strings.Join(have, ", ")
	case near || len(f.others) == 0:
		return ""
	case nearest != "":
		return fmt.Sprintf("; did you mean --%s of %s?", nearest, of)
	}
	return ", nor has another command"
}

// nearest returns the flag whose name is most like an unknown one, or "".
func (f *Flags) nearest(name string) string {
	name = plain(name)
	names := sorted(f.own)
	f.VisitAll(func(of *flag.Flag) {
		// Short names are near to many.
		if f.own[of.Name] == nil && (len(name) >= 6 || of.Name == "runner" || of.Name == "dry_run") {
			if changes(name, of.Name) < farthest(name) {
				names = append(names, of.Name)
			}
		}
	})
	return like(name, names)
}

// plain is a name as flags are named.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "_")) }

// like returns the name that is most like an unknown one, or "": by its letters, else by
// its words, else by what other programs call the same.
func like(name string, names []string) (nearest string) {
	least := farthest(name)
	for _, n := range names {
		if d := changes(name, n); d < least {
			least, nearest = d, n
		}
	}
	if nearest != "" {
		return nearest
	}
	words := strings.Split(name, "_")
	for _, n := range names { // one that is shortened, or has words around it
		if len(name) >= 4 && (strings.HasPrefix(n, name) || strings.HasSuffix(n, "_"+name) || slices.Contains(words, n)) {
			return n
		}
	}
	for _, n := range names {
		if slices.Contains(strings.Fields(synonyms[n]), name) {
			return n
		}
	}
	return ""
}

// synonyms are names that other programs give to what our flags are for.
var synonyms = map[string]string{
	"budget":            "n num number count picks n_samples",
	"clustering":        "algorithm method",
	"clusters":          "k n_clusters groups",
	"composite":         "merge overlay colors colours rgb",
	"encoder":           "weights checkpoint",
	"exclude":           "filter blacklist denylist skip",
	"fit":               "resize crop pad",
	"include":           "whitelist allowlist always keep",
	"input":             "i in src source from path dir folder data files",
	"latent":            "dim dims dimensions latent_dim latent_dims embedding_dim bottleneck code_size",
	"log_format":        "v verbose debug quiet q",
	"lr":                "learning_rate step_size",
	"metadata_pattern":  "regex regexp",
	"metrics":           "distance",
	"output":            "o out outdir out_dir dest destination to save save_dir",
	"overwrite":         "force f y yes replace clobber",
	"pixels_per_micron": "scale scale_bar pixel_size mpp resolution",
	"scope":             "by group_by per stratify",
	"seed":              "random_state rng random_seed",
	"space":             "whiten normalize pca",
	"strategy":          "sampling sampler",
	"top":               "per_group per_cluster n_per_cluster",
}

// farthest is the number of changed letters from which on a name is not like another one.
func farthest(name string) int { return len(name)/3 + 1 }

// changes counts the letters that have to be added, left out, replaced or swapped with
// the next one to make b of a (Damerau and Levenshtein, without changes within a swap).
func changes(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			replace := rows[i][j]
			if a[i] != b[j] {
				replace++
			}
			rows[i+1][j+1] = min(rows[i][j+1]+1, rows[i+1][j]+1, replace)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				rows[i+1][j+1] = min(rows[i+1][j+1], rows[i-1][j-1]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
